/** The boot matrix in QEMU with OVMF. About 4 minutes alone, most of it OVMF's own. */
import { describe, expect, test } from 'vitest'
import { hasFirmware } from '../support/ovmf'
import { findQemu } from '../support/qemu'
import { readReport } from './kernels'
import { cellImage, cellsOf, MACHINES } from './matrix'
import { bootImage } from './qemu-judge'

const FIRMWARE = 'UEFI x64'
// OVMF has no driver for diskette drives: there a diskette's image is a stick's.
const DISK = { disk: 'hard disk', floppy: 'hard disk', CD: 'CD' } as const
const TIMEOUT_MS = 110_000

describe.skipIf(findQemu() === undefined || !hasFirmware(FIRMWARE))('with OVMF', () => {
  test.each(cellsOf(MACHINES.ovmf).filter(({ forbidden }) => forbidden === undefined))('$name', async ({ protocol, situation }) => {
    const run = await bootImage(await cellImage(protocol, situation), { timeoutMs: TIMEOUT_MS, firmware: FIRMWARE, disk: DISK[situation.medium.as] })
    expect(readReport(run.serial)).toEqual({ good: protocol.checks, bad: [] })
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  }, TIMEOUT_MS + 10_000)
})
