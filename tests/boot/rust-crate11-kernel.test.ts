/**
 * A kernel with bootloader_api 0.11 and x86_64 from the registry (tests/fixtures/crate11-kernel), position independent as x86_64-unknown-none makes it:
 * imported and built by the product, with a compressed RAM disk; what it says, here and in QEMU. Alone: 40 s the first time, for core.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/build-if-stale.mjs'
import { planTree } from '../../src/main/project/import/import'
import { readTree } from '../../src/main/project/import/tree'
import { Builder } from '../../src/main/services/builder'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { bootInQemu, findQemu } from '../support/qemu'
import { rustForTests, rustTestCache } from '../support/rust'
import { runInOwnPc } from './own-pc'

const tools = await rustForTests()
const folder = join(rustTestCache, 'crate11-kernel')
const image = join(folder, 'build', 'crate11_kernel.img')

const OUTPUT = [
  'crate11: position independent',
  'api: 0.11, at least 0.11.14: true',
  'memory: sorted true, usable 96 MiB or more',
  'code: read-only true, its frame is taken true',
  'base: the kernel moved true, and is in it true',
  'file: Ok("ELF")',
  'range: true',
  'stack: 102400 bytes, and it is in use true',
  'ramdisk: a RAM disk of one line',
  'screen: 1280 x 720, 4 bytes a pixel, blue first true',
  'pixels: true',
  '',
]

describe.skipIf(tools === undefined)('a kernel with bootloader_api 0.11', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const before = process.env['BOOTLAB_CACHE_DIR']
    process.env['BOOTLAB_CACHE_DIR'] = rustTestCache
    rmSync(join(folder, 'kernel', 'src'), { recursive: true, force: true })
    cpSync(join(root, 'tests/fixtures/crate11-kernel'), folder, { recursive: true })
    const { manifest } = await planTree(await readTree(folder), 'crate11')
    expect(manifest).toMatchObject({ kind: 'rust', manifestPath: 'kernel/Cargo.toml' })
    const boot = { modules: [{ path: 'ramdisk.txt', compress: true }] }
    writeFileSync(join(folder, 'bootlab.json'), JSON.stringify({ ...manifest, boot }))
    const log: string[] = []
    const { result } = await new Builder().build(folder, { onLog: ({ text }) => log.push(text) })
    if (before === undefined) delete process.env['BOOTLAB_CACHE_DIR']
    else process.env['BOOTLAB_CACHE_DIR'] = before
    if (!result.ok) throw new Error(log.join('\n'))
    expect(result.problems).toEqual([])
  }, 400_000)

  it('finds all that it asked for in our own PC', () => {
    const run = runInOwnPc(new Uint8Array(readFileSync(image)), { backend: DEFAULT_BACKEND, seconds: 20 })
    expect(run.serial.split('\n')).toEqual(OUTPUT)
    expect(run.outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })

  it.skipIf(findQemu() === undefined)('says the same in QEMU', async () => {
    const qemu = await bootInQemu(image, { timeoutMs: 60_000 })
    expect(qemu.serial.split('\n')).toEqual(OUTPUT)
    expect(qemu.exit).toEqual({ reason: 'debug-exit', code: 33 })
  })
})
