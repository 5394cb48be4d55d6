/** Multiboot kernels that are booted directly with modules: Bootlab's PC tells them what QEMU's `-kernel` and `-initrd` tell them. Alone: 5 s. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseInitrd, parseModule, readModules } from '../../src/main/services/boot-modules'
import { Builder } from '../../src/main/services/builder'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { bootInQemu, findQemu } from '../support/qemu'
import { script } from './kernels'
import { runInOwnPc } from './own-pc'
import dump from './qemu-kernels/dump.c?raw'

const COMMAND_LINE = 'root=/dev/ram0 "two words" last'
const folder = mkdtempSync(join(tmpdir(), 'bootlab-direct-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** @returns its path */
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}
const first = file('first.bin', Uint8Array.from({ length: 70_001 }, (_, index) => (index * 7) & 0xff))
const second = file('second,with_a_comma.txt', new TextEncoder().encode('second\n'))
const INITRD = `${first} level=3 x=1,,2,${second.replaceAll(',', ',,')}`

const kernelOf = (version: 1 | 2): Promise<Uint8Array> => linkKernel({ bits: 32, source: dump, defines: { VERSION: version }, linkerScript: script('0x100000', '0') })
const read = async (path: string): Promise<Uint8Array> => new Uint8Array(readFileSync(path))

/** What the kernel was told of its file, its command line and its modules; the rest depends on the machine. */
const told = (serial: string): string[] => serial.split('\n').filter((line) => /^(magic|command line|module|code) /.test(line))

async function ownRun(kernel: Uint8Array, modules: Parameters<typeof readModules>[0]): Promise<string[]> {
  const image = await new Builder().imageOf(kernel, 'kernel', COMMAND_LINE, undefined, { modules: await readModules(modules, read) })
  const run = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 10 })
  expect(run.outcome).toMatchObject({ reason: 'debug-exit' })
  return told(run.serial)
}

describe('a kernel with modules', () => {
  test.skipIf(findQemu() === undefined)('for Multiboot 1 is told what QEMU tells it', async () => {
    const kernel = await kernelOf(1)
    const path = file('kernel.elf', kernel)
    const disk = file('disk.img', new Uint8Array(1 << 20))
    const judge = await bootInQemu(disk, { timeoutMs: 30_000, args: ['-kernel', path, '-initrd', INITRD, '-append', COMMAND_LINE] })
    expect(judge.exit.reason).toBe('debug-exit')
    const own = await ownRun(kernel, parseInitrd(INITRD))
    expect(own.filter((line) => line.startsWith('module'))).toHaveLength(2)
    // QEMU puts the kernel's path before its command line.
    expect(own).toEqual(told(judge.serial).map((line) => line.replace(`command line ${path} `, 'command line ')))
  })

  test('for Multiboot 2 finds the same, with the text alone where the option has it so', async () => {
    const own = await ownRun(await kernelOf(2), [parseModule(`${first},level=3, x`), ...parseInitrd(second.replaceAll(',', ',,'))])
    const modules = own.filter((line) => line.startsWith('module'))
    expect(modules[0]).toMatch(/^module bytes=0x0*11171 hash=0x[0-9a-f]+ offset=0x0+ level=3, x$/)
    expect(modules[1]).toMatch(/^module bytes=0x0*7 hash=0x[0-9a-f]+ offset=0x0+ .*second,with_a_comma\.txt$/)
    expect(own).toContain(`command line ${COMMAND_LINE}`)
  })
})
