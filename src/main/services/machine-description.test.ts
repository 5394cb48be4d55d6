import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openProject, ProjectError } from '../project'
import { checkProcessors, clockStart, machineOf } from './machine-description'

const folder = mkdtempSync(join(tmpdir(), 'bootlab-machine-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
for (const name of ['kernel.elf', 'data.img', 'a.iso', 'bios.bin', 'vga.bin']) writeFileSync(join(folder, name), name)

async function described(run: object): ReturnType<typeof machineOf> {
  writeFileSync(join(folder, 'bootlab.json'), JSON.stringify({ name: 'k', kind: 'prebuilt', file: 'kernel.elf', run }))
  return machineOf(await openProject(folder))
}

it('a manifest that says nothing leaves the machine to who boots it', async () => {
  expect(await described({})).toEqual({ memoryBytes: 128 << 20, drives: [], model: undefined, medium: undefined, bus: undefined, without: [], firmware: undefined, startDate: undefined })
})

it('all that a manifest says is there, with the paths of its files', async () => {
  const run = { memory: '16M', cpu: '486', medium: 'floppy', bus: 'ahci', drives: [{ path: 'data.img' }, { path: 'a.iso', bus: 'ahci', medium: 'cd', readOnly: true }], devices: { hpet: false, com2: false, mouse: true }, firmware: { bios: 'bios.bin', vga: 'vga.bin' }, clock: '1999-12-31T23:59:59Z' }
  expect(await described(run)).toEqual({
    memoryBytes: 16 << 20,
    model: '486',
    medium: 'floppy',
    bus: 'ahci',
    drives: [{ path: join(folder, 'data.img'), medium: 'disk', readOnly: false, writeThrough: false }, { path: join(folder, 'a.iso'), medium: 'cd', bus: 'ahci', readOnly: true, writeThrough: false }],
    without: ['hpet', 'com2'],
    firmware: { bios: join(folder, 'bios.bin'), vga: join(folder, 'vga.bin'), variables: undefined },
    startDate: Date.UTC(1999, 11, 31, 23, 59, 59),
  })
})

it('several processors are those of a model with a local APIC, and no more than eight', async () => {
  expect(await described({ cpus: 4 })).toMatchObject({ cpus: 4 })
  await expect(described({ cpus: 9 })).rejects.toThrow(ProjectError)
  expect(() => checkProcessors('486', 2)).toThrow('A computer cannot have 2 processors of the model "486".')
  expect(() => checkProcessors('486', 1)).not.toThrow()
  expect(() => checkProcessors(undefined, 8)).not.toThrow()
})

it('a file that is not there is told with its name', async () => {
  await expect(described({ drives: [{ path: 'missing.img' }] })).rejects.toThrow(ProjectError)
  await expect(described({ firmware: { bios: 'missing.bin' } })).rejects.toThrow(/missing\.bin/)
})

it('a clock that begins now does so', () => {
  const before = Date.now()
  expect(clockStart('now')).toBeGreaterThanOrEqual(before)
  expect(clockStart('now')).toBeLessThanOrEqual(Date.now())
})
