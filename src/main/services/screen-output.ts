/** The text screen as a picture, for doors that show it outside the window. */
export { screenPng } from '../emulator/machine/picture'
