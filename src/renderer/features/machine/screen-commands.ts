/** What a person can do with the screen beside typing into it. */
import type { Lab } from '../../app/lab'
import { currentStrings } from '../../strings'
import { download, fileName, pictureOf, pngOf } from './picture'

async function screenshot({ machine }: Lab): Promise<Blob | undefined> {
  const { screen, font } = machine.store.getState()
  return screen && font && pngOf(pictureOf(screen, font))
}

export async function saveScreenshot(lab: Lab): Promise<void> {
  const png = await screenshot(lab)
  if (png) download(png, fileName('png', new Date()))
}

export async function copyScreenshot(lab: Lab): Promise<void> {
  const png = await screenshot(lab)
  if (!png) return
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })])
  lab.notifications.info(currentStrings().screen.imageCopied)
}

/** Keys that the system or the browser keeps for itself, to be sent from a menu; in the order in which they go down. */
export const SENDABLE_KEYS = [
  ['ControlLeft', 'AltLeft', 'Delete'],
  ['ControlLeft', 'AltLeft', 'F1'],
  ['ControlLeft', 'AltLeft', 'F2'],
  ['ControlLeft', 'AltLeft', 'F3'],
  ['AltLeft', 'Tab'],
  ['AltLeft', 'F4'],
  ['F5'],
  ['PrintScreen'],
  ['Pause'],
  ['ScrollLock'],
  ['NumLock'],
  ['CapsLock'],
  ['MetaLeft'],
] as const
export type SendableKeys = (typeof SENDABLE_KEYS)[number]

export function sendKeys({ machine }: Lab, codes: SendableKeys): void {
  machine.sendKeys([...codes.map((code) => ({ code, down: true })), ...codes.toReversed().map((code) => ({ code, down: false }))])
}

const NAMES: Readonly<Record<string, string>> = { ControlLeft: 'Ctrl', AltLeft: 'Alt', Delete: 'Del', PrintScreen: 'Print Screen', ScrollLock: 'Scroll Lock', NumLock: 'Num Lock', CapsLock: 'Caps Lock', MetaLeft: 'Win' }

/** As on the keys of a PC. */
export const keysLabel = (codes: SendableKeys): string => codes.map((code) => NAMES[code] ?? code).join('+')
