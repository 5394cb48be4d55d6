/** The key `boot` of a manifest, from the project to the running kernel. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Builder } from '../../src/main/services/builder'
import { assembleFlat } from '../../src/main/toolchain/assemble-flat'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { script } from './kernels'
import { type OwnRun, runInOwnPc } from './own-pc'
import dump from './qemu-kernels/dump.c?raw'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-boot-key-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function bootProject(boot: object, kernel: Uint8Array): Promise<OwnRun> {
  await writeFile(join(folder, 'kernel.bin'), kernel)
  await writeFile(join(folder, 'bootlab.json'), JSON.stringify({ name: 'k', kind: 'prebuilt', file: 'kernel.bin', boot }))
  const { image, result } = await new Builder().build(folder)
  expect(result.problems).toEqual([])
  if (!image) throw new Error('The build made no image.')
  return runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 3 })
}

describe('a manifest', () => {
  test('gives a kernel its modules', async () => {
    await writeFile(join(folder, 'one.txt'), 'one module')
    const kernel = await linkKernel({ bits: 32, source: dump, defines: { VERSION: 2 }, linkerScript: script('0x100000', '0') })
    const run = await bootProject({ modules: [{ path: 'one.txt', cmdline: 'text for it' }] }, kernel)
    expect(run.serial).toMatch(/^module bytes=0x0{15}a hash=0x\w+ offset=0x0{16} text for it$/m)
  })

  test('says where a file without headers belongs', async () => {
    const source = '.code32\nstart: movw $0x3f8, %dx\n movl $text, %esi\n movb (%esi), %al\n outb %al, %dx\n movb $0x10, %al\n movw $0xf4, %dx\n outb %al, %dx\n1: jmp 1b\ntext: .ascii "f"\n'
    const code = await assembleFlat({ sources: [{ name: 'flat.S', text: source }], linkerScript: 'SECTIONS { . = 0x123000; .text : { *(.text) } }', defines: {} })
    const run = await bootProject({ protocol: 'flat32', address: '0x123000' }, code)
    expect([run.serial, run.outcome]).toEqual(['f', { reason: 'debug-exit', value: 0x10 }])
  })

  test('is told about a module that is not there, at the manifest', async () => {
    await writeFile(join(folder, 'kernel.bin'), await linkKernel({ bits: 32, source: 'void start(void) { for (;;); }' }))
    await writeFile(join(folder, 'bootlab.json'), JSON.stringify({ name: 'k', kind: 'prebuilt', file: 'kernel.bin', boot: { modules: [{ path: 'none.txt' }] } }))
    const { result } = await new Builder().build(folder)
    expect(result).toMatchObject({ ok: false, problems: [{ severity: 'error', file: 'bootlab.json', message: expect.stringContaining('The module "none.txt" does not exist.') }] })
  })
})
