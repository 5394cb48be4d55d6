/** The boot matrix in QEMU with SeaBIOS. About 90 s alone. */
import { describe, expect, test } from 'vitest'
import { findQemu } from '../support/qemu'
import { readReport } from './kernels'
import { cellImage, cellsOf, MACHINES, SECTOR } from './matrix'
import { bootImage } from './qemu-judge'

const DISK = { disk: 'hard disk', floppy: 'diskette', CD: 'CD' } as const
const GOOD_EXIT = { reason: 'debug-exit', code: (0x10 << 1) | 1 }

describe.skipIf(findQemu() === undefined)('with SeaBIOS', () => {
  test.each(cellsOf(MACHINES.seabios).filter(({ forbidden }) => forbidden === undefined))('$name', async ({ protocol, situation }) => {
    const run = await bootImage(await cellImage(protocol, situation), { timeoutMs: 25_000, disk: DISK[situation.medium.as] })
    expect(readReport(run.serial)).toEqual({ good: protocol.checks, bad: [] })
    expect(run.exit).toEqual(GOOD_EXIT)
  })

  test.each(Object.entries(SECTOR.media))('a boot sector as %s', async (as, drive) => {
    const run = await bootImage(await SECTOR.image(drive), { timeoutMs: 25_000, disk: as === 'disk' ? 'hard disk' : 'diskette' })
    expect(readReport(run.serial)).toEqual({ good: SECTOR.checks, bad: [] })
    expect(run.exit).toEqual(GOOD_EXIT)
  })
})
