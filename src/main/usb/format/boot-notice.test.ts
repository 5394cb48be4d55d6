import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runInOwnPc } from '../../../../tests/boot/own-pc'
import { bootInQemu, findQemu } from '../../../../tests/support/qemu'
import { bootNotice, NOTICE } from './boot-notice'
import { planFormat } from './plan'

const [first = '', second = ''] = NOTICE.split('\r\n')

/** A formatted stick of 4 MiB. */
async function stick(): Promise<Uint8Array> {
  const bytes = 4 << 20
  const image = new Uint8Array(bytes)
  for (const piece of (await planFormat({ bytes, sectorBytes: 512, fileSystem: 'auto', label: '', serial: 7, now: new Date(0) })).pieces) if ('bytes' in piece) image.set(piece.bytes, piece.position)
  return image
}

test('code and text leave room for what else is in sector 0', () => expect(bootNotice().length).toBeLessThan(440))

test('Bootlab’s PC shows it, and starts anew after a key', async () => {
  const { screenFlow, outcome } = runInOwnPc(await stick(), { backend: 'interp', medium: 'disk', seconds: 5, typed: [{ afterText: second, keys: ['KeyA'] }] })
  expect(screenFlow).toContain(first)
  expect(screenFlow.split(second).length, JSON.stringify(outcome)).toBeGreaterThan(2)
})

test.skipIf(findQemu() === undefined)('so does QEMU', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-notice-'))
  try {
    const path = join(folder, 'stick.img')
    writeFileSync(path, await stick())
    const run = await bootInQemu(path, { disk: 'USB stick', timeoutMs: 20_000, untilText: second })
    expect(run.exit).toEqual({ reason: 'text' })
    expect(run.screenText).toContain(`${first}\n${second}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
