/**
 * The Linux boot protocol, judged by Debian's Linux with an initial RAM disk and by memtest86+. Alone: 130 s, nearly all of it Linux's own start in QEMU's
 * software emulation and in Bootlab's PC, some 8,000 million instructions.
 */
import { describe, expect, test } from 'vitest'
import { linkKernel } from '../support/link-kernel'
import { archive, debianLinux, FILE_MODE, memtest } from '../support/linux'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu } from '../support/qemu'
import { readReport } from './kernels'
import { runInOwnPc } from './own-pc'
import { bootImage, imageOf } from './qemu-judge'
import init from './qemu-kernels/linux-init.c?raw'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'

const hasQemu = findQemu() !== undefined
const linux = debianLinux()
const FIRST = new TextEncoder().encode('from the first archive\n')
const SECOND = Uint8Array.from({ length: 30_001 }, (_, index) => (index * 13) & 0xff)
const MEMORY_MIB = 512
const CHECKS = 9
/** screen_info.orig_video_isVGA */
const SCREEN = { text: 1, vesa: 0x23, efi: 0x70 } as const

const sum = (bytes: Uint8Array): string => `${bytes.reduce((total, byte) => (Math.imul(total, 31) + byte) >>> 0, 0)}u`

/** A disk with Debian's kernel and two archives. */
async function linuxDisk(kernel: Uint8Array, commandLine: string, { screen, efi, tables = true }: { screen: number; efi: boolean; tables?: boolean }): Promise<Uint8Array> {
  const program = await linkKernel({
    bits: 64,
    source: init,
    defines: { EXPECTED_COMMAND_LINE: JSON.stringify(commandLine), EXPECTED_FIRST: sum(FIRST), EXPECTED_SECOND: sum(SECOND), EXPECTED_MIB: MEMORY_MIB, EXPECTED_EFI: efi ? 1 : 0, EXPECTED_SCREEN: screen, EXPECTED_TABLES: tables ? 1 : 0 },
  })
  const archives = [
    archive([
      { path: 'dev', mode: FILE_MODE.folder, bytes: new Uint8Array() },
      { path: 'dev/console', mode: FILE_MODE.device, bytes: new Uint8Array(), device: [5, 1] },
      { path: 'init', mode: FILE_MODE.program, bytes: program },
      { path: 'first.txt', mode: FILE_MODE.file, bytes: FIRST },
    ]),
    archive([{ path: 'second.txt', mode: FILE_MODE.file, bytes: SECOND }]),
  ]
  return imageOf(kernel, commandLine, { modules: archives.map((bytes) => ({ bytes, commandLine: '' })), image: { firmware: 'both' } })
}

const BOOTS: readonly [name: string, Firmware, commandLine: string, screen: number][] = [
  ['SeaBIOS, text', 'BIOS', 'quiet panic=-1 "two words"', SCREEN.text],
  ['SeaBIOS, a framebuffer', 'BIOS', 'vga=0x318 quiet panic=-1', SCREEN.vesa],
  ['OVMF', 'UEFI x64', 'quiet panic=-1', SCREEN.efi],
]

describe.skipIf(!hasQemu)('Debian’s Linux with an initial RAM disk in QEMU', { timeout: 120_000 }, () => {
  for (const [name, firmware, commandLine, screen] of BOOTS)
    test.skipIf(linux === undefined || !hasFirmware(firmware))(name, async () => {
      if (linux === undefined) throw new Error('The test is skipped without a kernel.')
      const efi = firmware !== 'BIOS'
      const disk = await linuxDisk(linux, commandLine, { screen, efi })
      const run = await bootImage(disk, { timeoutMs: 110_000, memory: `${MEMORY_MIB}M`, firmware })
      expect(readReport(run.serial)).toEqual({ good: CHECKS, bad: [] })
      expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
    })
})

test.skipIf(linux === undefined)('Debian’s Linux runs its first program in Bootlab’s own PC', { timeout: 300_000 }, async () => {
  if (linux === undefined) throw new Error('The test is skipped without a kernel.')
  const disk = await linuxDisk(linux, 'quiet panic=-1 "two words"', { screen: SCREEN.text, efi: false, tables: true })
  // The kernel unpacks itself: a long computation, for which there is the translating backend.
  const run = runInOwnPc(disk, { backend: 'block', memoryMib: MEMORY_MIB, seconds: 200, wallLimitMs: 280_000 })
  expect(readReport(run.serial)).toEqual({ good: CHECKS, bad: [] })
  expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
})

describe.each(['memtest86+x64.bin', 'memtest86+ia32.bin'] as const)('%s', (name) => {
  const program = memtest(name)
  test.skipIf(program === undefined || !hasQemu)('tests memory in QEMU', async () => {
    if (program === undefined) throw new Error('The test is skipped without it.')
    const run = await bootImage(await imageOf(program), { timeoutMs: 30_000, untilText: 'Pass' })
    expect(run.exit).toEqual({ reason: 'text' })
    expect(run.screenText).toContain('Memtest86+ v')
  })

  test.skipIf(program === undefined)('shows its screen in Bootlab’s own PC', async () => {
    if (program === undefined) throw new Error('The test is skipped without it.')
    const run = runInOwnPc(await imageOf(program), { backend: DEFAULT_BACKEND, seconds: 5, untilText: 'Memtest86+ v' })
    expect(run.screenFlow).toContain('Memtest86+ v')
  })
})
