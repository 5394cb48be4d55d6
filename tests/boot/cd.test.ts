/** Other people's CDs in Bootlab's own PC: GRUB's rescue CD, as a CD and as the stick that it is as well, and memtest86+. About 12 s alone. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { BootMedium, Screen } from '../../src/shared/machine-schemas'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { grubCdOf, hasGrub } from '../support/grub'
import { runInOwnPc } from './own-pc'

const MEMTEST = '/boot/memtest86+x64.bin'
if (process.env['CI'] && !existsSync(MEMTEST)) throw new Error(`${MEMTEST} is not there, and CI needs it as a judge: install memtest86+.`)

const TIMEOUT_MS = 180_000
const MENU = ['set timeout=-1', 'menuentry "The first entry" { true }', 'menuentry "The second entry" { true }']

/** Part of a picture in the grey of GRUB's menu. */
function greyShare(screen: Screen): number {
  if (screen.mode !== 'graphics') return 0
  return screen.pixels.filter((value) => value === 0xa8 || value === 0xaa).length / screen.pixels.length
}

describe.skipIf(!hasGrub())('GRUB', () => {
  test.each<BootMedium>(['cd', 'disk'])('comes to its menu from a %s', { timeout: TIMEOUT_MS }, (medium) => {
    const run = runInOwnPc(grubCdOf(MENU), { backend: DEFAULT_BACKEND, medium, seconds: 10, untilText: 'The second entry' })
    expect(run.screenFlow).toContain('GNU GRUB')
    expect(run.screenFlow).toContain('*The first entry')
  })

  test('draws its menu in a graphics mode', { timeout: TIMEOUT_MS }, () => {
    const commands = ['insmod all_video', 'insmod gfxterm', 'set gfxmode=640x480x32', 'terminal_output gfxterm', ...MENU]
    const { screen } = runInOwnPc(grubCdOf(commands), { backend: DEFAULT_BACKEND, seconds: 10, until: (shown) => greyShare(shown) > 0.02 })
    expect(screen).toMatchObject({ mode: 'graphics', width: 640, height: 480 })
    // The chosen entry is a bar of grey; the rest is mostly black.
    expect(greyShare(screen)).toBeGreaterThan(0.02)
    expect(greyShare(screen)).toBeLessThan(0.3)
  })

  test.skipIf(!existsSync(MEMTEST))('starts memtest86+, which tests our memory', { timeout: TIMEOUT_MS }, () => {
    const cd = grubCdOf(['linux16 /boot/memtest', 'boot'], { 'boot/memtest': readFileSync(MEMTEST) })
    const run = runInOwnPc(cd, { backend: DEFAULT_BACKEND, memoryMib: 16, seconds: 10, untilText: '[Address' })
    expect(run.screenFlow).toMatch(/Memtest86\+ v\d/)
    expect(run.screenFlow).toMatch(/Memory {2}: +16MB/)
    expect(run.screenFlow).toMatch(/Errors: 0/)
    expect(run.screenFlow).toContain('[Address')
  })
})
