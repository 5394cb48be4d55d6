import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { killTreeCommand, launchOf, needsResponseFile, programNames, quoteArgument, responseFile } from './launch'

describe('the names of a program', () => {
  it.each([
    ['linux', 'make', undefined, ['make']],
    ['darwin', 'make', undefined, ['make']],
    ['win32', 'make', '.EXE;.CMD', ['make.exe', 'make.cmd']],
    ['win32', 'make', undefined, ['make.com', 'make.exe', 'make.bat', 'make.cmd']],
    ['win32', 'make.exe', '.EXE;.CMD', ['make.exe']],
    ['win32', 'build.cmd', '.COM;.EXE;.BAT;.CMD', ['build.cmd']],
    ['win32', 'nmake.v2', '.EXE', ['nmake.v2.exe']],
  ])('on %s: %s', (platform, name, pathext, names) => expect(programNames(name, platform, pathext)).toEqual(names))
})

describe('a program is started', () => {
  it.each([
    ['linux', '/home/Jörg Müller/bin/make', ['CC=my cc', 'a"b'], { command: '/home/Jörg Müller/bin/make', args: ['CC=my cc', 'a"b'], verbatim: false }],
    ['darwin', '/Applications/My Tools/make', ['x'], { command: '/Applications/My Tools/make', args: ['x'], verbatim: false }],
    ['win32', 'C:\\Program Files\\GnuWin32\\bin\\make.exe', ['CC=my cc'], { command: 'C:\\Program Files\\GnuWin32\\bin\\make.exe', args: ['CC=my cc'], verbatim: false }],
    [
      'win32',
      'D:\\Köln\\my tools\\build.cmd',
      ['all', 'a b', '50%', 'x&y', 'say "hi"'],
      { command: 'C:\\Windows\\system32\\cmd.exe', args: ['/d', '/s', '/c', '"^"D:\\Köln\\my tools\\build.cmd^" all ^"a b^" 50^% x^&y ^"say \\^"hi\\^"^""'], verbatim: true },
    ],
  ])('on %s: %s', (platform, program, args, launch) => expect(launchOf(program, args, platform, 'C:\\Windows\\system32\\cmd.exe')).toEqual(launch))
})

it.each([
  // "Parsing C command-line arguments", Microsoft C reference, and the cases in its table read backwards.
  ['abc', 'abc'],
  ['', '""'],
  ['a b c', '"a b c"'],
  ['ab"c', '"ab\\"c"'],
  ['a\\\\b', 'a\\\\b'],
  ['a\\\\\\b c', '"a\\\\\\b c"'],
  ['a\\"b', '"a\\\\\\"b"'],
  ['C:\\My Kernel\\', '"C:\\My Kernel\\\\"'],
])('on Windows, %j is quoted as %s', (argument, quoted) => expect(quoteArgument(argument)).toBe(quoted))

describe('long command lines', () => {
  const files = (count: number): string[] => Array.from({ length: count }, (_, index) => `C:\\Users\\Jörg\\My Kernel\\build\\.objects\\source-${index}.o`)

  it.each([
    ['win32', 100, false],
    ['win32', 1000, true],
    ['linux', 1000, false],
    ['linux', 50_000, true],
    ['darwin', 5000, false],
    ['darwin', 50_000, true],
  ])('on %s, %i objects need a response file: %s', (platform, count, needed) => expect(needsResponseFile('zig', files(count), platform)).toBe(needed))

  it('counts quotes as Windows does', () => {
    const args = Array.from({ length: 9000 }, () => 'a b')
    expect(needsResponseFile('zig', args, 'win32')).toBe(true)
    expect(needsResponseFile('zig', args.map(() => 'a_b'), 'win32')).toBe(true)
    expect(needsResponseFile('zig', args.slice(0, 5300).map(() => 'ab'), 'win32')).toBe(false)
  })

  it('stand in a response file as GNU programs read it', () => {
    expect(responseFile(['-DX="a b"', 'C:\\My Kernel\\a.o', "it's", ''])).toBe('"-DX=\\"a b\\""\n"C:\\\\My Kernel\\\\a.o"\n"it\'s"\n""\n')
  })
})

it('a tree of processes is ended on Windows', () => {
  expect(killTreeCommand(4711, 'C:\\Windows')).toEqual({ command: 'C:\\Windows\\System32\\taskkill.exe', args: ['/pid', '4711', '/T', '/F'] })
  expect(killTreeCommand(4711, undefined).command).toBe('taskkill')
})

it.skipIf(process.platform === 'win32')('a response file is read back as the shell would read such quotes', () => {
  const args = ['-DX="a b"', 'C:\\My Kernel\\a.o', 'plain']
  const shell = spawnSync('sh', ['-c', `printf '%s\\n' ${responseFile(args).replaceAll('\n', ' ')}`], { encoding: 'utf8' })
  expect(shell.stdout).toBe(`${args.join('\n')}\n`)
})
