/**
 * What Windows PowerShell is given, and the C# that it compiles. PowerShell itself runs nowhere but on Windows: here its scripts are looked at as texts,
 * and the C# is compiled by Mono's compiler as C# 5, and run under Mono with a double of kernel32 (tests/fixtures/usb/kernel32.c).
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import kernel32 from '../../../../tests/fixtures/usb/kernel32.c?raw'
import { requireTool } from '../../../../tests/support/tools'
import type { Drive } from '../../../shared/drives'
import { keepAwake } from './awake'
import { LineProgram } from './line-program'
import { classScript, type CsharpProgram, literal, powershellPath, scriptArguments } from './powershell'
import { windowsSystem } from './windows-system'

const decode = (args: readonly string[]): string => Buffer.from(args.at(-1) ?? '', 'base64').toString('utf16le')

describe('what PowerShell is given', () => {
  /** A text in single quotes, as PowerShell's tokenizer takes it: a quote of any kind ends it, unless it is doubled. */
  function unquoted(text: string): string {
    const quote = /['‘’‚‛]/
    expect(text[0]).toBe("'")
    let value = ''
    for (let at = 1; at < text.length; at++) {
      if (!quote.test(text[at] ?? '')) value += text[at]
      else if (quote.test(text[at + 1] ?? '')) value += text[at++]
      else if (at === text.length - 1) return value
      else throw new Error(`The text ends at ${at} of ${text}`)
    }
    throw new Error(`The text does not end: ${text}`)
  }

  test.each(['C:\\Program Files\\Bootlab\\Bootlab.exe', "C:\\Users\\O'Hara & Söhne\\x.js", 'C:\\‘typographic’ ‚quotes‛\\$(calc)\\`n;rm', "'", '', '$env:PATH', '日本語'])('a path is a text to it: %s', (path) => {
    expect(unquoted(literal(path))).toBe(path)
  })

  test('a script travels encoded, and a number is all that gets into it', () => {
    expect(decode(scriptArguments('echo "ü"'))).toBe('echo "ü"')
    expect(scriptArguments('x').slice(0, -1)).toEqual(['-NoProfile', '-NonInteractive', '-EncodedCommand'])
    expect(classScript('DriveLocks', 3)).toContain('[Bootlab.DriveLocks]::Run(3)')
    expect(() => classScript('DriveLocks', Number('1;calc'))).toThrow(RangeError)
    expect(powershellPath({ SystemRoot: 'D:\\Windows' })).toBe('D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe')
  })
})

const [mcs, mono, gcc] = [requireTool('mcs'), requireTool('mono'), requireTool('gcc')]

describe.skipIf(mcs === undefined || mono === undefined || gcc === undefined || process.platform !== 'linux')('the C# programs, under Mono with a double of kernel32', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-csharp-'))
  const [log, medium] = [join(folder, 'log'), join(folder, 'medium')]
  const noted = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  afterAll(() => rmSync(folder, { recursive: true }))

  beforeAll(() => {
    writeFileSync(join(folder, 'kernel32.c'), kernel32)
    execFileSync(gcc ?? '', ['-shared', '-fPIC', '-Wall', '-Wextra', '-Werror', '-o', 'kernel32.so', 'kernel32.c'], { cwd: folder })
    for (const [name, source] of [['DriveLocks', 'drive-locks.cs'], ['KeepAwake', 'keep-awake.cs']]) {
      writeFileSync(join(folder, `${name}.main.cs`), `static class Start { static int Main(string[] args) { return Bootlab.${name}.Run(${name === 'DriveLocks' ? 'int.Parse(args[0])' : ''}); } }`)
      // Windows PowerShell's Add-Type knows C# 5; everything that the compiler warns of is an error.
      execFileSync(mcs ?? '', ['-langversion:5', '-warn:4', '-warnaserror', `-out:${name}.exe`, join(import.meta.dirname, '../../../../resources/usb', source ?? ''), `${name}.main.cs`], { cwd: folder })
      writeFileSync(join(folder, `${name}.exe.config`), `<configuration><dllmap dll="kernel32.dll" target="${join(folder, 'kernel32.so')}" /></configuration>`)
    }
  }, 60_000)

  function start(name: string, args: string[] = [], env: Record<string, string> = {}): CsharpProgram {
    rmSync(log, { force: true })
    writeFileSync(medium, '7')
    return spawn(mono ?? '', [join(folder, `${name}.exe`), ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, KERNEL32_LOG: log, KERNEL32_MEDIUM: medium, ...env } })
  }
  const ended = (program: CsharpProgram): Promise<number | null> => new Promise((resolve) => program.once('close', resolve))

  test('locks all volumes of the disk before it dismounts one, and lets go of them when its input ends', async () => {
    const program = start('DriveLocks', ['3'])
    const lines = new LineProgram(program)
    expect(await lines.next()).toEqual({ locked: ['E:\\', '\\\\?\\Volume{n2}\\', 'D:\\Größe "x"\\'] })
    expect(noted().filter((line) => /lock|mount/.test(line))).toEqual(['lock e1', 'lock n2', 'lock f3', 'dismount e1', 'dismount n2', 'dismount f3'])
    const closed = ended(program)
    lines.end()
    expect(await closed).toBe(0)
    // The locks first, then Windows looks at the table; nothing is ejected unasked.
    expect(noted().slice(-5)).toEqual(['close e1', 'close n2', 'close f3', 'update disk', 'close disk'])
    expect(noted()).toContain('open for reading \\\\.\\PHYSICALDRIVE3')
  })

  test('a volume that is busy for a moment is tried again; one that stays busy is named, and the others are as they were', async () => {
    const patient = start('DriveLocks', ['3'], { KERNEL32_LOCK_FAILURES: '2' })
    const lines = new LineProgram(patient)
    expect(await lines.next()).toHaveProperty('locked')
    expect(noted().filter((line) => line.startsWith('cannot'))).toHaveLength(2)
    lines.end()
    await ended(patient)

    const program = start('DriveLocks', ['3'], { KERNEL32_LOCK_FAILURES: '1000' })
    const closed = ended(program)
    expect(await new LineProgram(program).next()).toEqual({ busy: 'E:\\', code: 5 })
    expect(await closed).toBe(1)
    expect(noted().filter((line) => /^(lock|dismount|open)/.test(line))).toEqual([])
  })

  test('says whether the medium is still the same, and ejects it while it holds the locks', async () => {
    const program = start('DriveLocks', ['3'])
    const lines = new LineProgram(program)
    await lines.next()
    expect(await lines.ask('check')).toEqual({ same: true })
    writeFileSync(medium, '8')
    expect(await lines.ask('check')).toEqual({ same: false, code: 0 })
    rmSync(medium)
    expect(await lines.ask('check')).toEqual({ same: false, code: 21 })
    expect(await lines.ask('format')).toMatchObject({ failed: expect.stringContaining('no such order') })
    expect(await lines.ask('eject')).toEqual({ ejected: true })
    expect(noted().at(-1)).toBe('eject disk')
    lines.end()
    await ended(program)
  })

  test('the writer’s system of Windows, with the program itself: taken, checked, ejected, given back', async () => {
    const drive: Drive = { path: '\\\\.\\PHYSICALDRIVE3', name: 'Stick', bytes: 16e9, sectorBytes: 512, bus: 'usb', removable: true, readOnly: false, identity: 'x', volumes: [] }
    let program: CsharpProgram | undefined
    const system = windowsSystem({ startLocks: (disk) => (program = start('DriveLocks', [String(disk)], { KERNEL32_EJECT: 'no' })), now: (() => { let time = 0; return () => (time += 600) })() })
    await system.unmount(drive)
    await system.sameMedium(drive)
    writeFileSync(medium, '9')
    // The answer holds for a second.
    await system.sameMedium(drive)
    await expect(system.sameMedium(drive)).rejects.toMatchObject({ failure: { code: 'gone' } })
    expect(await system.release(drive)).toBe(false)
    expect(noted().at(-1)).toBe('eject disk')
    const closed = program && ended(program)
    system.letGo?.()
    expect(await closed).toBe(0)
  })

  test('keeps the computer awake until its input ends', async () => {
    const program = start('KeepAwake')
    const remarks: string[] = []
    const letSleep = keepAwake((text) => remarks.push(text), () => program)
    for (let attempt = 0; attempt < 100 && noted().length === 0; attempt++) await new Promise((resolve) => setTimeout(resolve, 50))
    // ES_CONTINUOUS | ES_SYSTEM_REQUIRED
    expect(noted()).toEqual(['execution state 80000001'])
    expect(program.exitCode).toBe(null)
    const closed = ended(program)
    letSleep()
    expect(await closed).toBe(0)
    expect(remarks).toEqual([])
    expect(await ended(start('KeepAwake', [], { KERNEL32_NO_AWAKE: 'yes' }))).toBe(1)
  })
})
