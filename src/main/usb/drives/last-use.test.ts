import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Drive } from '../../../shared/drives'
import { withLastUse } from './last-use'

const folder = mkdtempSync(join(tmpdir(), 'bootlab-last-use-'))
afterAll(() => rmSync(folder, { recursive: true }))

const driveAt = (mountPoints: string[]): Drive => ({ path: '/dev/sdb', name: 'Stick', bytes: 1e9, sectorBytes: 512, bus: 'usb', removable: true, readOnly: false, identity: 'x', volumes: [{ path: '/dev/sdb1', kind: 'partition', bytes: 1e9, mountPoints, swap: false, system: false, volumes: [] }] })
const lastUse = async (points: string[], platform?: NodeJS.Platform): Promise<number | undefined> => (await withLastUse([driveAt(points)], platform))[0]?.volumes[0]?.lastUsed

test('the newest change in the root folder, through a link that leads nowhere', async () => {
  const root = join(folder, 'stick')
  mkdirSync(root)
  symlinkSync('/nowhere/at/all', join(root, 'broken'))
  for (const [name, seconds] of [['old.txt', 1_000_000_000], ['new.txt', 1_700_000_000]] as const) {
    writeFileSync(join(root, name), '')
    utimesSync(join(root, name), seconds, seconds)
  }
  utimesSync(root, 1_100_000_000, 1_100_000_000)
  expect(await lastUse([root], 'linux')).toBe(1_700_000_000_000)
})

test('nothing of what is not mounted, cannot be read, or would make macOS ask', async () => {
  expect(await lastUse([], 'linux')).toBeUndefined()
  expect(await lastUse([join(folder, 'not-there')], 'linux')).toBeUndefined()
  expect(await lastUse([folder], 'darwin')).toBeUndefined()
})
