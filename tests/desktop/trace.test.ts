/** `bootlab boot --trace` as built: what the guest asks of the BIOS and of the ports, from its first instruction to its last. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'
import { bootlab } from '../support/cli'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-trace-'))
  await buildIfStale()
}, 90_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A boot sector of this code. */
async function sector(name: string, code: readonly number[]): Promise<string> {
  const bytes = Buffer.alloc(512)
  bytes.set(code)
  bytes.set([0x55, 0xaa], 510)
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

/** mov ax, 0e41h; int 10h; mov al, 5; out 80h, al */
const SPEAKS = [0xb8, 0x41, 0x0e, 0xcd, 0x10, 0xb0, 0x05, 0xe6, 0x80]
/** cli; hlt */
const HALTS = [0xfa, 0xf4]

const TELETYPE = /INT 10h AX=0e41 Teletype output {2}AL=0x41 BH=0x00 {2}from 0000:7c05/
const OUT = /out 0080 ← 05 {2}at 0x7c07/

describe('bootlab boot --trace', { timeout: 240_000 }, () => {
  it('prints calls of the BIOS with what they were given and answered, from the first one on', async () => {
    const { code, stdout, stderr } = await bootlab(['boot', await sector('bios.img', [...SPEAKS, ...HALTS]), '--trace', 'bios'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const lines = stderr.split('\n')
    expect(lines[0]).toMatch(/INT 19h/)
    expect(lines.find((line) => line.includes('Teletype'))).toMatch(TELETYPE)
    expect(stderr).not.toMatch(/out 0080/)
  })

  it('prints accesses of ports, or both, and writes them to a file', async () => {
    const image = await sector('both.img', [...SPEAKS, ...HALTS])
    const ports = await bootlab(['boot', image, '--trace', 'ports'])
    expect(ports.stderr).toMatch(OUT)
    expect(ports.stderr).not.toContain('INT 10h')

    const file = join(folder, 'trace.txt')
    const both = await bootlab(['boot', image, '--headless', '--trace', 'bios,ports', '--trace-file', file, '--screen', 'text'])
    expect({ code: both.code, stdout: both.stdout.trim() }).toEqual({ code: 0, stdout: 'A' })
    expect(both.stderr).not.toContain('INT 10h')
    const written = await readFile(file, 'utf8')
    expect(written).toMatch(TELETYPE)
    expect(written).toMatch(OUT)
    expect(written.indexOf('INT 10h')).toBeLessThan(written.indexOf('out 0080'))
  })

  it('leaves nothing out of a flood: the guest waits', async () => {
    // mov cx, 60000; again: out 80h, al; loop again
    const image = await sector('flood.img', [0xb9, 0x60, 0xea, 0xe6, 0x80, 0xe2, 0xfc, ...HALTS])
    const file = join(folder, 'flood.txt')
    expect(await bootlab(['boot', image, '--trace', 'ports', '--trace-file', file])).toMatchObject({ code: 0 })
    expect((await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('out 0080'))).toHaveLength(60_000)
  })

  it('prints while the guest still runs', async ({ onTestFinished }) => {
    // jmp $
    const image = await sector('forever.img', [...SPEAKS, 0xeb, 0xfe])
    const child = spawn(process.execPath, [join(root, 'bin/bootlab.mjs'), 'boot', image, '--trace', 'bios'], { stdio: ['ignore', 'ignore', 'pipe'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (TELETYPE.test(output)) resolve()
      })
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
  })

  it('refuses what it does not know', async () => {
    const image = await sector('refused.img', HALTS)
    for (const args of [['--trace', 'disk'], ['--trace', ''], ['--trace-file', join(folder, 'x')], ['--trace', 'bios', '--lockstep', 'oracle,interp']]) {
      expect(await bootlab(['boot', image, ...args]), args.join(' ')).toMatchObject({ code: 64 })
    }
    expect((await bootlab(['boot', image, '--trace', 'bios', '--trace-file', join(folder, 'no', 'such', 'place')])).code).toBe(66)
  })
})
