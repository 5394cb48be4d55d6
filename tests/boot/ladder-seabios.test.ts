/** The lowest rungs once more, with Debian's SeaBIOS and its video BIOS as ROMs in the place of our own; `tests/judges/boots-here` has the others. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readRoms } from '../../src/main/services/firmware-files'
import { climb, debianFile, hasSyslinux, syslinuxFloppy } from './ladder'

const LIMIT = 90_000
/** Of 128 KiB. */
const bios = debianFile('/usr/share/seabios/bios.bin', 'seabios')
const vga = debianFile('/usr/share/seabios/vgabios-stdvga.bin', 'seabios')
const rescue = debianFile('/usr/lib/grub-rescue/grub-rescue-cdrom.iso', 'grub-rescue-pc')

describe.skipIf(bios === undefined)('with SeaBIOS', () => {
  test.skipIf(!hasSyslinux())('syslinux on a diskette shows the memory map', { timeout: LIMIT }, async () => {
    const image = syslinuxFloppy('DEFAULT meminfo.c32\nPROMPT 0\n', ['meminfo', 'libcom32', 'libutil'])
    const run = climb({ image, medium: 'floppy', roms: await readRoms(bios ?? '', vga), untilText: 'INT 15h =', seconds: 30 })
    expect(run.lines.some((line) => line.includes('0000000000000000x 000000000009fc00x 000000000009fc00x 1 [-] usable'))).toBe(true)
  })

  test.skipIf(rescue === undefined)('GRUB on a CD comes to its prompt, and lists its drives', { timeout: LIMIT }, async () => {
    const steps = [{ afterText: 'The highlighted entry will be executed', keys: 'c' }, { afterText: 'grub>', keys: 'ls\n' }]
    const run = climb({ image: new Uint8Array(readFileSync(rescue ?? '')), medium: 'cd', roms: await readRoms(bios ?? '', vga), steps, untilText: '(cd)', seconds: 30 })
    expect(run.lines.join('\n')).toContain('(cd)')
  })
})
