/** `cargo run` and `cargo test` as a person types them, with `runner = "bootlab runner"`: exit codes and reports. */
import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'
import { rustForTests, rustTestCache, terminalEnvironment } from '../support/rust'

const tools = await rustForTests()
/** In the place of its files stays what was compiled for it. */
const folder = join(rustTestCache, 'cargo-tests')
const bin = join(rustTestCache, 'bin')
let env: Record<string, string> = {}

interface Result {
  code: number | null
  stdout: string
  stderr: string
}

function cargo(...args: string[]): Promise<Result> {
  if (tools === undefined) throw new Error('The tests are skipped without cargo.')
  return new Promise((resolve, reject) => {
    const child = spawn(tools.cargo, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const result = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...result }))
  })
}

describe.skipIf(tools === undefined || process.platform === 'win32')('a kernel under cargo', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    if (tools === undefined) return
    await buildIfStale()
    for (const part of ['src', 'tests']) rmSync(join(folder, part), { recursive: true, force: true })
    cpSync(join(root, 'tests/fixtures/cargo-tests'), folder, { recursive: true })
    copyFileSync(join(root, 'resources/templates/blog-os-rust/x86_64-blog_os.json'), join(folder, 'x86_64-kernel.json'))
    // What a global installation of Bootlab puts on PATH.
    rmSync(bin, { recursive: true, force: true })
    mkdirSync(bin, { recursive: true })
    chmodSync(join(root, 'bin/bootlab.mjs'), 0o755)
    symlinkSync(join(root, 'bin/bootlab.mjs'), join(bin, 'bootlab'))
    env = { ...(await terminalEnvironment(tools, 'x86_64-kernel')), PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, BOOTLAB_CACHE_DIR: rustTestCache }
    const built = await cargo('test', '--no-run')
    if (built.code !== 0) throw new Error(built.stderr)
  }, 300_000)

  it('runs: its serial output, its screen, and what of run-args has no meaning', async () => {
    const { code, stdout, stderr } = await cargo('run', '--quiet')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'On the serial line\nOn the screen\n' })
    expect(stderr).toContain("run-command has no meaning here: the kernel runs in Bootlab's own PC.")
    expect(stderr).toContain('run-args: -smp 2 is passed over: the PC has one processor.')
    expect(stderr).toMatch(/The processor is halted for good at CS:RIP/)
  })

  it('runs with further arguments', async () => {
    expect((await cargo('run', '--quiet', '--', '-serial', 'none')).stdout).toBe('On the screen\n')
  })

  it.each([
    ['--lib', 'running 2 tests\ncargo_tests::arithmetic ... ok\ncargo_tests::the_line_status_is_readable ... ok\n'],
    ['--test=passing', 'running 3 tests\npassing::memory ... ok\npassing::order ... ok\npassing::words ... ok\n'],
    ['--test=should_panic', 'panicked, as it should\n'],
  ])('passes cargo test %s', async (what, output) => {
    const { code, stdout, stderr } = await cargo('test', '--quiet', what)
    expect(stderr).toBe('')
    expect({ code, stdout }).toEqual({ code: 0, stdout: output })
  })

  it.each([
    ['failing', 35, 'failing::fails ... FAILED: panicked at tests/failing.rs:27:5:', /failing-[0-9a-f]{16} failed: it ended with exit code 35; success is 33\./],
    ['triple_fault', 76, 'about to fault\n', /failed: Triple fault at CS:RIP 0008:[0-9a-f]{16} \(#UD.*ud2/s],
    ['hang', 124, 'about to hang\n', /failed: The time limit of 2 s is over; the machine was still running\..*test-timeout/s],
    ['reset', 80, 'about to reset\n', /failed: The guest reset the PC through the keyboard controller.*RIP 0/s],
    ['halt', 74, 'about to halt\n', /failed: The processor is halted for good at CS:RIP.*RIP 0/s],
  ])('fails cargo test --test=%s with exit code %i', async (name, exitCode, output, report) => {
    const { code, stdout, stderr } = await cargo('test', '--quiet', `--test=${name}`)
    expect(code).toBe(exitCode)
    expect(stdout).toContain(output)
    expect(stderr).toMatch(report)
  })

  it('takes the exit code of success from the command line, too', async () => {
    env['CARGO_TARGET_X86_64_KERNEL_RUNNER'] = 'bootlab runner --success-exit-code 35'
    const [failing, passing] = [await cargo('test', '--quiet', '--test=failing'), await cargo('test', '--quiet', '--test=passing')]
    delete env['CARGO_TARGET_X86_64_KERNEL_RUNNER']
    expect([failing.code, passing.code]).toEqual([0, 33])
    expect(passing.stderr).toMatch(/ended with exit code 33; success is 35/)
  })
})
