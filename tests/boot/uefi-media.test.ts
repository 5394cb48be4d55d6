/** What the UEFI programs are started from, and the boot menu there. Media that others made: xorriso's CD. About 30 s alone. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type BootConfig, CONFIG_PATH, formatBootConfig } from '../../src/main/image/boot-config'
import { makeFat } from '../../src/main/image/fat'
import { SECTOR_BYTES } from '../../src/main/image/layout'
import { writePartitionTable } from '../../src/main/image/mbr'
import { linkKernel } from '../support/link-kernel'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu, type QemuOptions } from '../support/qemu'
import { requireTool } from '../support/tools'
import { CHECKS, COMMAND_LINE, readReport } from './kernels'
import { bootImage } from './qemu-judge'
import elf64 from './qemu-kernels/elf64.c?raw'
import { uefiFiles } from './uefi-image'

const TIMEOUT_MS = 120_000
const UPPER_KIB = 7168
const KERNEL_PATH = '/boot/A kernel with a long name.elf'
const FAT_LBA = 2048
const FAT_SECTORS = 30 * 2048
const FAT16_LBA_TYPE = 0x0e

const entry = { title: 'The checking kernel', kernel: KERNEL_PATH, commandLine: COMMAND_LINE, modules: [], parameters: {} }
const missing = { ...entry, title: 'One that is not there', kernel: '/boot/other.elf' }
const ONE: BootConfig = { default: 1, entries: [entry] }

async function kernelFile(): Promise<Uint8Array> {
  return linkKernel({
    bits: 64,
    source: elf64,
    defines: { EXPECTED_ADDRESS: 0x200000, EXPECTED_UPPER_KIB: UPPER_KIB, UEFI: 1, EXPECTED_COMMAND_LINE: JSON.stringify(COMMAND_LINE) },
  })
}

const textBytes = (config: BootConfig): Uint8Array => new TextEncoder().encode(formatBootConfig(config))

async function fatDisk(config: BootConfig): Promise<Uint8Array> {
  const files = [...(await uefiFiles()), { path: CONFIG_PATH, bytes: textBytes(config) }, { path: KERNEL_PATH, bytes: await kernelFile() }]
  const volume = await makeFat({ kind: 'fat16', sectors: FAT_SECTORS, hiddenSectors: FAT_LBA, files })
  const image = new Uint8Array((FAT_LBA + FAT_SECTORS) * SECTOR_BYTES)
  image.set(volume, FAT_LBA * SECTOR_BYTES)
  writePartitionTable(image, [{ active: true, type: FAT16_LBA_TYPE, lba: FAT_LBA, sectors: FAT_SECTORS }])
  return image
}

/** A CD with a FAT image for the firmware; the kernel is in the CD's own file system. */
async function cd(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-cd-'))
  try {
    const root = join(folder, 'root')
    mkdirSync(join(root, 'boot'), { recursive: true })
    writeFileSync(join(root, 'efi.img'), await makeFat({ kind: 'fat12', sectors: 2880, files: await uefiFiles() }))
    writeFileSync(join(root, CONFIG_PATH), textBytes(ONE))
    writeFileSync(join(root, KERNEL_PATH), await kernelFile())
    const image = join(folder, 'cd.iso')
    execFileSync('xorriso', ['-as', 'mkisofs', '-R', '-e', 'efi.img', '-no-emul-boot', '-isohybrid-gpt-basdat', '-o', image, root], { stdio: 'pipe' })
    return new Uint8Array(readFileSync(image))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function expectKernel(image: Uint8Array, options: Omit<QemuOptions, 'timeoutMs'>): Promise<void> {
  const run = await bootImage(image, { timeoutMs: TIMEOUT_MS, ...options })
  expect(run.debugPort).toBe('')
  expect(readReport(run.serial)).toEqual({ good: CHECKS[64], bad: [] })
  expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
}

const has = (firmware: Firmware): boolean => findQemu() !== undefined && hasFirmware(firmware)

describe.skipIf(!has('UEFI x64'))('UEFI x64', () => {
  test.skipIf(requireTool('xorriso') === undefined).each(['CD', 'USB stick'] as const)('starts from an ISO image as a %s', async (disk) => expectKernel(await cd(), { firmware: 'UEFI x64', disk }), TIMEOUT_MS)

  test('an entry of the menu is chosen by its digit', async () => {
    const image = await fatDisk({ default: 1, entries: [missing, entry] })
    await expectKernel(image, { firmware: 'UEFI x64', keys: { afterText: 'Arrows or digits', text: '2' } })
  }, TIMEOUT_MS)

  test('the clock of the menu starts the entry it stands at, and a file that is missing is named', async () => {
    const image = await fatDisk({ timeout: 1, default: 2, entries: [entry, missing] })
    const run = await bootImage(image, { timeoutMs: TIMEOUT_MS, firmware: 'UEFI x64', untilText: 'Press a key to go back' })
    expect(run.exit).toEqual({ reason: 'text' })
    expect(run.debugPort).toMatch(/^Bootlab: the kernel \/boot\/other\.elf is not on the boot volume: there is no "other\.elf"\./)
    expect(run.serial).toContain('Starts in 1 s.')
  }, TIMEOUT_MS)
})

describe.skipIf(!has('UEFI IA32'))('UEFI IA32', () => {
  test.skipIf(requireTool('xorriso') === undefined)('starts from an ISO image as a CD', async () => expectKernel(await cd(), { firmware: 'UEFI IA32', disk: 'CD' }), TIMEOUT_MS)
})
