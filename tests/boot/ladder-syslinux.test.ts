/** Syslinux and isolinux, as Debian has them, on our own firmware: menu, modules that ask the BIOS, power-off. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { requireTool } from '../support/tools'
import { climb, debianFile, hasSyslinux, inFolder, syslinuxFloppy, told } from './ladder'
import { bootImage } from './qemu-judge'

const LIMIT = 60_000
const MODULES = ['menu', 'libutil', 'libcom32', 'libmenu', 'meminfo', 'vesainfo', 'poweroff']
const CONFIGURATION = `DEFAULT menu.c32
PROMPT 0
MENU TITLE Ladder
LABEL memory
 MENU LABEL ^Memory map
 COM32 meminfo.c32
LABEL graphics
 MENU LABEL ^Graphics modes
 COM32 vesainfo.c32
LABEL off
 MENU LABEL ^Power off
 COM32 poweroff.c32
`
const MENU_IS_THERE = 'Press [Tab] to edit options'
const enter = (hotkey: string) => [{ afterText: MENU_IS_THERE, keys: `${hotkey}\n` }]
const floppy = hasSyslinux() ? syslinuxFloppy(CONFIGURATION, MODULES) : undefined

/** Lines of memory sizes, but for the digits: what our BIOS has where differs from SeaBIOS in the tables at the end of memory. */
const shapeOf = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('INT 1')).map((line) => line.replaceAll(/[0-9a-f]+/g, '#'))

describe.skipIf(floppy === undefined)('syslinux on a diskette', () => {
  const image = floppy ?? new Uint8Array()

  test('shows its menu, and the memory map that INT 15h and INT 12h tell, in the words that QEMU sees', { timeout: LIMIT }, async () => {
    const run = climb({ image, medium: 'floppy', steps: enter('m'), untilText: '00000000fff', seconds: 30 })
    console.log(told('syslinux, meminfo.c32', run))
    expect(run.lines.some((line) => line.includes('0000000000000000x 000000000009fc00x 000000000009fc00x 1 [-] usable'))).toBe(true)
    // At the top of the memory a BIOS may keep some for itself.
    expect(run.lines.join('\n')).toMatch(/INT 15 88: 0x\w+ \(6\d{4}K\) {2}INT 15 E801: 0x3c00 \(15360K\) 0x0(2f\w|300)/)
    if (requireTool('qemu-system-x86_64') === undefined) return
    const start = performance.now()
    const judge = await bootImage(image, { timeoutMs: 40_000, memory: '64M', disk: 'diskette', untilText: 'INT 15h =', lingerMs: 500, keys: { afterText: MENU_IS_THERE, text: 'm\n' } })
    console.log(told('the same', run, (performance.now() - start) / 1000))
    expect(shapeOf(run.lines)).toEqual(shapeOf(judge.screenText.split('\n')))
  })

  test('lists the graphics modes of the VBE', { timeout: LIMIT }, () => {
    const run = climb({ image, medium: 'floppy', steps: enter('g'), untilText: '0x0118', seconds: 30 })
    console.log(told('syslinux, vesainfo.c32', run))
    expect(run.lines.find((line) => line.startsWith('0x0118'))?.trimEnd()).toMatch(/^0x0118 0x\S+ +1024 +768 +24 +6 +16 +8 +0$/)
  })

  test('switches the PC off through APM', { timeout: LIMIT }, () => {
    const run = climb({ image, medium: 'floppy', steps: enter('p'), seconds: 30 })
    expect(run.outcome, run.lines.join('\n')).toEqual({ reason: 'power-off' })
  })
})

const isolinux = debianFile('/usr/lib/ISOLINUX/isolinux.bin', 'isolinux')

test.skipIf(isolinux === undefined || floppy === undefined || requireTool('genisoimage') === undefined)('isolinux boots from a CD without emulation and shows its menu', { timeout: LIMIT }, () => {
  const image = inFolder((folder) => {
    const root = join(folder, 'root')
    mkdirSync(root)
    cpSync(isolinux ?? '', join(root, 'isolinux.bin'))
    for (const name of [...MODULES, 'ldlinux']) cpSync(`/usr/lib/syslinux/modules/bios/${name}.c32`, join(root, `${name}.c32`))
    writeFileSync(join(root, 'isolinux.cfg'), CONFIGURATION)
    const cd = join(folder, 'cd.iso')
    execFileSync('genisoimage', ['-quiet', '-o', cd, '-b', 'isolinux.bin', '-c', 'boot.cat', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table', root], { stdio: 'pipe' })
    return new Uint8Array(readFileSync(cd))
  })
  const run = climb({ image, medium: 'cd', steps: enter('m'), untilText: '00000000fff', seconds: 30 })
  console.log(told('isolinux, meminfo.c32', run))
  expect(run.lines.some((line) => line.includes('INT 12h: 639K'))).toBe(true)
})
