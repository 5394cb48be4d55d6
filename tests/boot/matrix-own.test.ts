/** The boot matrix in Bootlab's own PC. About 60 s alone. */
import { expect, test } from 'vitest'
import { readReport } from './kernels'
import { cellImage, cellsOf, MACHINES, matrixPage, SECTOR } from './matrix'
import { runInOwnPc } from './own-pc'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'

const MEDIUM = { disk: 'disk', floppy: 'floppy', CD: 'cd' } as const

test.each(cellsOf(MACHINES.own).filter(({ forbidden }) => forbidden === undefined))('$name', async ({ protocol, situation }) => {
  const run = runInOwnPc(await cellImage(protocol, situation), { backend: DEFAULT_BACKEND, seconds: 10, medium: MEDIUM[situation.medium.as] })
  expect(readReport(run.serial)).toEqual({ good: protocol.checks, bad: [] })
  expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
})

test.each(Object.entries(SECTOR.media))('a boot sector as %s', async (as, drive) => {
  const run = runInOwnPc(await SECTOR.image(drive), { backend: DEFAULT_BACKEND, seconds: 10, medium: as === 'disk' ? 'disk' : 'floppy' })
  expect(readReport(run.serial)).toEqual({ good: SECTOR.checks, bad: [] })
})

test('the page has the table', async () => {
  const page = matrixPage()
  console.info(page)
  await expect(page).toMatchFileSnapshot('../../docs/boot-matrix.md')
})
