/** What is booted: images of other people, or made of Debian's packages, and by what each shows that it came up. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BootMedium } from '../../../src/shared/machine-schemas'
import type { Step } from '../../boot/ladder'

export interface Payload {
  readonly name: string
  /** Repository, or Debian package. */
  readonly from: string
  readonly medium: BootMedium
  /** Undefined: it is not there. */
  readonly image: (folder: string) => Uint8Array | undefined
  readonly drives?: readonly { readonly medium: BootMedium; readonly image: (folder: string) => Uint8Array | undefined }[]
  readonly memoryMib?: number
  readonly steps?: readonly Step[]
  /** What the screen or COM1 shows in the end. Without it, it is the picture after `seconds`. */
  readonly untilText?: string
  /** Of the guest's time. */
  readonly seconds: number
}

/** A file of the folder. */
const file = (...path: string[]) => (folder: string): Uint8Array | undefined => {
  const full = join(folder, ...path)
  return existsSync(full) ? new Uint8Array(readFileSync(full)) : undefined
}

export const PAYLOADS: readonly Payload[] = [
  { name: 'MikeOS 4.5', from: 'mig-hub/mikeOS', medium: 'floppy', image: file('mikeos', 'disk_images', 'mikeos.flp'), steps: [{ afterText: 'Thanks for trying', keys: '\n' }], untilText: 'FILEMAN', seconds: 20 },
  { name: 'MikeOS 4.5, CD', from: 'mig-hub/mikeOS', medium: 'cd', image: file('mikeos', 'disk_images', 'mikeos.iso'), steps: [{ afterText: 'Thanks for trying', keys: '\n' }], untilText: 'FILEMAN', seconds: 20 },
  { name: 'MenuetOS 0.86', from: 'marcosptf/menuetos', medium: 'floppy', image: file('menuet', 'menuetos-floppydisk-32b', 'M32-086.IMG'), seconds: 25 },
  { name: 'xv6', from: 'mit-pdos/xv6-public', medium: 'disk', image: file('xv6', 'xv6.img'), drives: [{ medium: 'disk', image: file('xv6', 'fs.img') }], steps: [{ afterText: 'init: starting sh', keys: 'ls\n' }], untilText: 'console', memoryMib: 512, seconds: 30 },
  { name: 'FreeDOS 1.44 MB', from: 'codercowboy/freedosbootdisks', medium: 'floppy', image: file('fd', 'bootdisks', 'freedos.boot.disk.1.4MB.img'), steps: [{ afterText: 'A:\\>', keys: 'ver\n' }], untilText: 'FreeCom version', seconds: 30 },
  { name: '8086tiny’s FreeDOS', from: 'adriancable/8086tiny', medium: 'floppy', image: file('8086tiny', 'fd.img'), steps: [{ afterText: 'A:\\>', keys: 'dir\n' }], untilText: 'bytes free', seconds: 30 },
  { name: 'TetrOS', from: 'daniel-e/tetros', medium: 'floppy', image: file('tetros', 'tetros.img'), seconds: 5 },
]
