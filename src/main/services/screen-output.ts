/** The text screen as text and as a picture, for doors that show it outside the window. */
export { cp437ToUnicode } from '../emulator/machine/cp437'
export { screenPng } from '../emulator/machine/picture'
export { screenLines, screenText } from '../emulator/machine/screen'
