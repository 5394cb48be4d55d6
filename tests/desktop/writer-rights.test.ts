/**
 * The ways in which the built writing process gets its rights, each with the real process, on loop devices of Linux. What asks a person is a double:
 * pkexec and systemd-inhibit are scripts on PATH, macOS's authopen is tests/fixtures/usb/authopen.c, Windows' question is left out. The rest is what
 * runs on those systems: receive-descriptor.c, compiled for Linux, and the meeting, over a Unix-domain socket in place of a named pipe.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'
import { hostProgram } from '../../src/main/toolchain'
import { listDrives, WriteFailed, writeInProcess, type WriteDone, type WriterOptions } from '../../src/main/usb'
import { startWithPkexec } from '../../src/main/usb/writer/elevate/linux'
import { startWithAuthopen, type MacosRights } from '../../src/main/usb/writer/elevate/macos'
import type { Starter, WriterEnd } from '../../src/main/usb/writer/elevate/starter'
import { elevationScript, startWithRunAs, writerScript, type Launch } from '../../src/main/usb/writer/elevate/windows'
import type { Drive } from '../../src/shared/drives'
import authopen from '../fixtures/usb/authopen.c?raw'

const MIB = 1 << 20
const folder = mkdtempSync(join(tmpdir(), 'bootlab-rights-'))
const bin = join(folder, 'bin')
const entry = join(root, 'out/main/usb-writer.js')
const made = spawnSync('losetup', ['--version']).status === 0 && process.platform === 'linux' ? loop() : undefined
const PATH = process.env['PATH'] ?? ''

function loop(): string | undefined {
  const file = join(folder, 'disk')
  writeFileSync(file, '')
  truncateSync(file, 64 * MIB)
  const { status, stdout } = spawnSync('losetup', ['-f', '--show', file], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

afterAll(() => {
  if (made !== undefined) spawnSync('losetup', ['-d', made])
  rmSync(folder, { recursive: true })
})

describe.skipIf(made === undefined)('rights for the writing process', () => {
  const device = made ?? ''
  const image = join(folder, 'image')
  let drive: Drive
  let bytes: Buffer
  beforeAll(() => buildIfStale(), 240_000)
  beforeEach(async () => {
    bytes = randomBytes(3 * MIB)
    writeFileSync(image, bytes)
    mkdirSync(bin, { recursive: true })
    process.env['PATH'] = `${bin}${delimiter}${PATH}`
    const found = (await listDrives()).drives.find(({ path }) => path === device)
    if (!found) throw new Error('The loop device is not listed.')
    drive = found
  })
  afterEach(() => {
    process.env['PATH'] = PATH
    delete process.env['AUTHOPEN_ANSWER']
    rmSync(bin, { recursive: true })
  })

  const write = (start: Starter | undefined, rest: Partial<WriterOptions> = {}): Promise<WriteDone> =>
    writeInProcess({ entry, compile: hostProgram, request: { task: 'image', image, drive: device, identity: drive.identity, confirmed: true, verify: true, keep: [] }, onProgress: () => {}, start, ...rest })
  const failing = async (start: Starter | undefined, rest: Partial<WriterOptions> = {}): Promise<WriteFailed> => {
    const error: unknown = await write(start, rest).then(() => undefined, (thrown: unknown) => thrown)
    if (!(error instanceof WriteFailed)) throw new Error(`It ended with ${String(error)}`)
    return error
  }
  const written = (): boolean => readFileSync(device).subarray(0, bytes.length).equals(bytes)

  describe('Linux: pkexec', () => {
    test('hands the channel on', async () => {
      program('pkexec', 'exec "$@"')
      expect(await write(startWithPkexec)).toMatchObject({ type: 'done', bytes: bytes.length, verified: true, ejected: false })
      expect(written()).toBe(true)
    })

    test('the person refuses; nobody can be asked; there is no pkexec', async () => {
      program('pkexec', 'exit 126')
      expect(await failing(startWithPkexec)).toMatchObject({ condition: 'unchanged', failure: { code: 'no-permission', next: expect.stringContaining('enter the password') } })
      program('pkexec', 'echo "Error creating textual authentication agent" >&2; exit 127')
      expect(await failing(startWithPkexec)).toMatchObject({ condition: 'unchanged', failure: { code: 'no-permission', why: expect.stringContaining('textual authentication agent'), next: expect.stringContaining(`sudo bootlab flash IMAGE --to ${device}`) } })
      process.env['PATH'] = join(folder, 'nothing')
      expect(await failing(startWithPkexec)).toMatchObject({ condition: 'unchanged', failure: { code: 'no-permission', next: expect.stringContaining(`sudo bootlab flash IMAGE --to ${device}`) } })
    })
  })

  test('a drive that is gone, by this system’s own way: the writing process says it', async () => {
    const error = await failing(undefined, { request: { task: 'image', image, drive: '/dev/none', identity: 'x', confirmed: true, verify: true, keep: [] } })
    expect(error).toMatchObject({ condition: 'unchanged', failure: { code: 'not-found', what: 'The drive is gone.' } })
  })

  describe('macOS: authopen, and a descriptor that is received', { timeout: 180_000 }, () => {
    let rights: MacosRights
    const unmounted: string[] = []
    beforeAll(async () => {
      rights = { find: async () => drive, unmount: async ({ path }) => void unmounted.push(path), raw: (path) => path, authopen: await hostProgram(authopen) }
    }, 180_000)
    const start: Starter = (options) => startWithAuthopen(options, rights)

    test('the drive is written through the descriptor alone', async () => {
      expect(await write(start)).toMatchObject({ type: 'done', bytes: bytes.length, verified: true })
      expect(written()).toBe(true)
      expect(unmounted).toEqual([device])
    })

    test('the writing process has the drive as descriptor 3, and has not opened it again', async () => {
      truncateSync(image, 60 * MIB)
      let open: string[] | undefined
      await write(start, {
        onProgress: ({ phase, done }) => {
          if (phase !== 'writing' || done === 0) return
          open ??= writers().flatMap((pid) => readdirSync(`/proc/${pid}/fd`).filter((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === device))
        },
      })
      expect(open).toEqual(['3'])
    })

    test.each([['refuse', 'no-permission'], ['text', 'no-permission'], ['busy', 'busy']])('no descriptor: %s', async (answer, code) => {
      process.env['AUTHOPEN_ANSWER'] = answer
      expect(await failing(start)).toMatchObject({ condition: 'unchanged', failure: { code } })
      expect(written()).toBe(false)
    })

    test('another drive’s descriptor is not written to', async () => {
      const other = join(folder, 'other')
      writeFileSync(other, new Uint8Array(MIB))
      expect(await failing((options) => startWithAuthopen(options, { ...rights, raw: () => other }))).toMatchObject({ condition: 'unchanged', failure: { what: expect.stringContaining('not the one that was chosen') } })
      expect(readFileSync(other).equals(Buffer.alloc(MIB))).toBe(true)
    })

    test('a drive that is gone is not unmounted, nor asked for: the writing process says what became of it', async () => {
      unmounted.length = 0
      const gone: Starter = (options) => startWithAuthopen(options, { ...rights, find: async () => undefined })
      expect(await failing(gone, { request: { task: 'image', image, drive: device, identity: 'another', confirmed: true, verify: true, keep: [] } })).toMatchObject({ condition: 'unchanged', failure: { code: 'drive-changed' } })
      expect(unmounted).toEqual([])
    })

    test('a wrong call of receive-descriptor', async () => {
      const receiver = await hostProgram(readFileSync(join(root, 'resources/usb/receive-descriptor.c'), 'utf8'))
      for (const args of [[], ['--', '/bin/true'], ['/bin/true', '--'], ['/bin/true']]) expect(spawnSync(receiver, args)).toMatchObject({ status: 64 })
      expect(spawnSync(receiver, ['/none', '--', '/bin/true'])).toMatchObject({ status: 77, stderr: expect.anything() })
    })
  })

  describe('Windows: a meeting', () => {
    /** What elevates, without the question: it starts the process with no streams of this one. */
    const launch: Launch = async ([command = '', ...args]) => {
      const child = spawn(command, args, { stdio: 'ignore', detached: true })
      const ended = new Promise<WriterEnd>((resolve) => child.once('close', (code) => resolve({ code, complaints: '' })))
      await once(child, 'spawn')
      return { ended }
    }
    const socket = (): string => join(mkdtempSync(join(folder, 'meeting-')), 'pipe')

    test('job and events go through it', async () => {
      const phases = new Set<string>()
      expect(await write((options) => startWithRunAs(options, launch, socket()), { onProgress: ({ phase }) => phases.add(phase) })).toMatchObject({ type: 'done', bytes: bytes.length, verified: true })
      expect([...phases]).toEqual(['checking', 'unmounting', 'erasing', 'writing', 'verifying', 'finishing'])
      expect(written()).toBe(true)
    })

    test('a stranger who comes first is turned away, and learns nothing', async () => {
      let learnt = ''
      const intruded: Launch = async (command) => {
        const path = command.find((argument) => argument.startsWith('--pipe='))?.slice('--pipe='.length) ?? ''
        const stranger = connect(path)
        stranger.on('data', (data) => (learnt += String(data))).on('error', () => {})
        await once(stranger, 'connect')
        stranger.write('let me in\n')
        await once(stranger, 'close')
        return launch(command)
      }
      expect(await write((options) => startWithRunAs(options, intruded, socket()))).toMatchObject({ type: 'done' })
      expect(learnt).toBe('')
    })

    test('when the lab’s end breaks, the writing process ends, and nothing boots', async () => {
      truncateSync(image, 60 * MIB)
      let ended: Promise<WriterEnd> | undefined
      let cut: (() => void) | undefined
      const error = await failing(async (options) => {
        const writer = await startWithRunAs(options, launch, socket())
        ended = writer.ended
        cut = () => writer.input.destroy()
        return writer
      }, { onProgress: ({ phase, done }) => phase === 'writing' && done > 0 && cut?.() })
      expect(error).toMatchObject({ condition: 'blank', failure: { code: 'internal' } })
      await ended
      expect(readFileSync(device).subarray(0, MIB).equals(Buffer.alloc(MIB))).toBe(true)
    })

    test('the person refuses; it cannot be started; it is cancelled meanwhile', async () => {
      const ends = (code: number, complaints: string): Starter => (options) => startWithRunAs(options, async () => ({ ended: Promise.resolve({ code, complaints }) }), socket())
      expect(await failing(ends(1223, 'Der Vorgang wurde durch den Benutzer abgebrochen'))).toMatchObject({ condition: 'unchanged', failure: { code: 'no-permission', next: expect.stringContaining('Yes') } })
      expect(await failing(ends(5, 'Access is denied'))).toMatchObject({ condition: 'unchanged', failure: { code: 'no-permission', why: 'Access is denied' } })
      const stop = new AbortController()
      const waiting = write((options) => startWithRunAs(options, async () => ({ ended: new Promise(() => setTimeout(() => stop.abort(), 50)) }), socket()), { signal: stop.signal })
      await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    })

    test('what PowerShell is told to start', () => {
      const command = ["C:\\Users\\O'Hara & Söhne\\Boot lab\\Bootlab.exe", 'C:\\x\\usb-writer.js', '--pipe=\\\\.\\pipe\\bootlab-00', '--token=-a_']
      expect(writerScript(command)).toBe("$env:ELECTRON_RUN_AS_NODE=1;& 'C:\\Users\\O''Hara & Söhne\\Boot lab\\Bootlab.exe' 'C:\\x\\usb-writer.js' '--pipe=\\\\.\\pipe\\bootlab-00' '--token=-a_'|Out-Null;exit $LASTEXITCODE")
      const outer = elevationScript(command)
      expect(outer).toMatch(/\.Verb = 'runas'/)
      const [, encoded = ''] = /-EncodedCommand ([A-Za-z0-9+/=]+)'/.exec(outer) ?? []
      expect(Buffer.from(encoded, 'base64').toString('utf16le')).toBe(writerScript(command))
      expect(() => elevationScript([`C:\\${'long\\'.repeat(120)}Bootlab.exe`, ...command.slice(1)])).toThrow(/too long/)
    })
  })

  describe('the computer is kept awake', () => {
    const inhibitor = (): string => `echo $$ "$@" > ${join(folder, 'inhibited')}; shift 4; "$@"; echo released > ${join(folder, 'released')}`
    beforeEach(() => program('systemd-inhibit', inhibitor()))
    afterEach(() => {
      for (const name of ['inhibited', 'released']) rmSync(join(folder, name), { force: true })
    })
    const released = async (): Promise<boolean> => {
      for (let attempt = 0; attempt < 100 && !existsSync(join(folder, 'released')); attempt++) await new Promise((resolve) => setTimeout(resolve, 50))
      return existsSync(join(folder, 'released'))
    }
    const direct: Starter = (options) => startWithPkexec(options)

    test('while the job runs, and no longer', async () => {
      program('pkexec', 'exec "$@"')
      const remarks: string[] = []
      let during = ''
      await write(direct, { onRemark: (text) => remarks.push(text), onProgress: () => (during ||= existsSync(join(folder, 'inhibited')) && !existsSync(join(folder, 'released')) ? readFileSync(join(folder, 'inhibited'), 'utf8') : '') })
      expect(during).toMatch(/--what=idle:sleep --who=Bootlab --why=.+ --mode=block cat/)
      expect(await released()).toBe(true)
      expect(remarks).toEqual([])
    })

    test('no longer than a job that fails', async () => {
      program('pkexec', 'exit 126')
      await failing(direct)
      expect(await released()).toBe(true)
    })

    test('no longer than the lab, when it is killed', async () => {
      truncateSync(image, 60 * MIB)
      const lab = spawn(process.execPath, [join(root, 'bin/bootlab.mjs'), 'flash', image, '--to', device, '--yes', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
      await new Promise<void>((resolve) => lab.stdout.setEncoding('utf8').on('data', (text: string) => text.includes('"writing"') && resolve()))
      lab.kill('SIGKILL')
      expect(await released()).toBe(true)
    })

    test('that it cannot be is a remark, not a failure', async () => {
      program('pkexec', 'exec "$@"')
      program('systemd-inhibit', 'echo "Failed to connect to bus" >&2; exit 1')
      const remarks: string[] = []
      expect(await write(direct, { onRemark: (text) => remarks.push(text) })).toMatchObject({ type: 'done' })
      expect(remarks).toEqual(['The computer may go to sleep while the drive is written: Failed to connect to bus'])
    })
  })
})

/** The writing processes that run now. */
function writers(): string[] {
  const commandLine = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(entry))
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
