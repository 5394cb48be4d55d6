/**
 * A kernel as people have it at the end of a tutorial, with their crates from the registry (tests/fixtures/late-kernel): built by the
 * product, started by the hand-off of the bootloader crate, with keys typed; its screen and serial output, here and in QEMU.
 */
import { copyFileSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/build-if-stale.mjs'
import type { RunReport } from '../../src/main/emulator/host/options'
import { startInProcess } from '../../src/main/emulator/host/session'
import { Builder } from '../../src/main/services/builder'
import type { Screen } from '../../src/shared/machine-schemas'
import { screenText } from '../../src/shared/screen-text'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { bootInQemu, findQemu } from '../support/qemu'
import { rustForTests, rustTestCache } from '../support/rust'

const tools = await rustForTests()
const folder = join(rustTestCache, 'late-kernel')
const image = join(folder, 'build', 'late-kernel.img')

const OUTPUT = [
  'late kernel: hello from VGA and COM1',
  'breakpoint: exception in ring 0',
  'breakpoint: returned',
  'timer: 3 ticks',
  'physical memory is mapped at 0xffffc00000000000',
  'walk: 0xb8000 is at 0xb8000, page of 4 KiB',
  'walk: 0xffffc00000001234 is at 0x1234, page of 2048 KiB',
  'mapped: 0xdeadbef0000 holds 0x123456789abcdef',
  'heap: box 42, vec sum 385, shared by 2',
  'heap: 1999000 bytes came and went',
  'task: 42',
  'keys: waiting',
  'keys: lab 42',
  'double fault: code 0, on its own stack: true',
]
/** Shown on the last rows, below them the one that is written next, which is cut off as blank; the kernel marks the first cell when it ends. */
const ROWS = ['L', ...Array.from({ length: 24 - OUTPUT.length - 1 }, () => ''), ...OUTPUT]

describe.skipIf(tools === undefined)('a kernel with crates', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const before = process.env['BOOTLAB_CACHE_DIR']
    process.env['BOOTLAB_CACHE_DIR'] = rustTestCache
    rmSync(join(folder, 'src'), { recursive: true, force: true })
    cpSync(join(root, 'tests/fixtures/late-kernel'), folder, { recursive: true })
    copyFileSync(join(root, 'resources/templates/blog-os-rust/x86_64-blog_os.json'), join(folder, 'x86_64-blog_os.json'))
    const log: string[] = []
    const { result } = await new Builder().build(folder, { onLog: ({ text }) => log.push(text) })
    if (before === undefined) delete process.env['BOOTLAB_CACHE_DIR']
    else process.env['BOOTLAB_CACHE_DIR'] = before
    if (!result.ok) throw new Error(log.join('\n'))
    expect(result.problems).toEqual([])
  }, 400_000)

  it('does all that it says in our own PC', async () => {
    let serial = ''
    let screen: Screen | undefined
    const report = await new Promise<RunReport>((end) => {
      startInProcess(
        { image: new Uint8Array(readFileSync(image)), memoryBytes: 128 << 20, backend: DEFAULT_BACKEND, pace: 'fast', keys: 'lab 42\n', timeoutMilliseconds: 60_000 },
        {
          screen: (shown) => void (screen = shown),
          serial: (port, bytes) => {
            if (port === 'com1') serial += Buffer.from(bytes).toString('latin1')
          },
          state: () => undefined,
          end,
        },
      )
    })
    expect(serial.split('\n')).toEqual([...OUTPUT, ''])
    expect(report).toMatchObject({ reason: 'debug-exit', exitCode: 33 })
    expect(screen && screenText(screen).split('\n')).toEqual(ROWS)
  })

  it.skipIf(findQemu() === undefined)('says the same in QEMU', async () => {
    const qemu = await bootInQemu(image, { timeoutMs: 60_000, keys: { afterText: 'keys: waiting', text: 'lab 42\n' } })
    expect(qemu.serial.split('\n')).toEqual([...OUTPUT, ''])
    expect(qemu.exit).toEqual({ reason: 'debug-exit', code: 33 })
  })
})
