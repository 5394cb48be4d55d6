/** Debian's GRUB rescue images on our own firmware, as diskette, CD and disk: to the prompt, to the list of drives, and to a kernel on another disk. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BootMedium } from '../../src/shared/machine-schemas'
import { climb, debianFile, told } from './ladder'

const LIMIT = 90_000
const FOLDER = '/usr/lib/grub-rescue'
const floppy = debianFile(join(FOLDER, 'grub-rescue-floppy.img'), 'grub-rescue-pc')
const MENU_IS_THERE = 'The highlighted entry will be executed'
const toPrompt = { afterText: MENU_IS_THERE, keys: 'c' }

const MEDIA: readonly (readonly [file: string, medium: BootMedium, drives: string])[] = [
  ['grub-rescue-floppy.img', 'floppy', '(fd0)'],
  ['grub-rescue-cdrom.iso', 'cd', '(cd)'],
  ['grub-rescue-usb.img', 'disk', '(hd0)'],
]

test.skipIf(floppy === undefined).each(MEDIA)('%s as %s comes to the prompt and lists its drives', { timeout: LIMIT }, (file, medium, drives) => {
  const image = new Uint8Array(readFileSync(join(FOLDER, file)))
  const run = climb({ image, medium, steps: [toPrompt, { afterText: 'grub>', keys: 'ls\n' }], untilText: drives, seconds: 60 })
  console.log(told(`GRUB, ${file}`, run))
  expect(run.lines.join('\n')).toContain(drives)
})
