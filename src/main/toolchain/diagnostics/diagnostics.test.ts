import { describe, expect, it } from 'vitest'
import { parseClangOutput } from './clang'
import { parseLldOutput } from './lld'
import { toUtf16Column } from './places'

const problems = (lines: readonly { problem?: unknown }[]): unknown[] => lines.flatMap(({ problem }) => (problem ? [problem] : []))

describe('what clang prints', () => {
  it('on Windows, with drive letters and carriage returns', () => {
    const output = [
      'In file included from C:\\Users\\Ann Lee\\k\\kernel.c:1:',
      "C:\\Users\\Ann Lee\\k\\inc\\a.h:3:14:{3:9-3:14}{3:16-3:20}: warning: unused variable 'x' [-Wunused-variable]",
      '    3 |     int x;',
      'kernel.c:7:2: fatal error: too many errors emitted, stopping now [-ferror-limit=]',
      '1 warning and 1 error generated.',
      '',
    ].join('\r\n')
    expect(problems(parseClangOutput(output, 'compiler'))).toEqual([
      { severity: 'warning', source: 'compiler', file: 'C:\\Users\\Ann Lee\\k\\inc\\a.h', line: 3, column: 14, endLine: 3, endColumn: 14, message: "unused variable 'x'", code: '-Wunused-variable' },
      { severity: 'error', source: 'compiler', file: 'kernel.c', line: 7, column: 2, message: 'too many errors emitted, stopping now [-ferror-limit=]' },
    ])
  })

  it('in the log without the ranges, which are for programs', () => {
    const [line] = parseClangOutput('kernel.c:3:20:{3:20-3:24}{3:1-3:2}: warning: unused', 'compiler')
    expect(line?.text).toBe('kernel.c:3:20: warning: unused')
  })

  it('without a place', () => {
    expect(problems(parseClangOutput("error: unknown target triple 'z80'\n", 'compiler'))).toEqual([{ severity: 'error', source: 'compiler', message: "unknown target triple 'z80'" }])
    expect(problems(parseClangOutput("zig: error: unsupported option '-mcpu='\n", 'compiler'))).toHaveLength(1)
    expect(problems(parseClangOutput("'+xyz' is not a recognized feature for this target (ignoring feature)\n", 'compiler'))).toMatchObject([{ severity: 'warning' }])
  })

  it('keeps every line for the log', () => {
    const output = 'a.c:1:2: note: here\n    1 | x\n\n      | ^\n'
    expect(parseClangOutput(output, 'compiler').map(({ text }) => text)).toEqual(['a.c:1:2: note: here', '    1 | x', '', '      | ^'])
  })
})

describe('what ld.lld prints', () => {
  it('names the first place of several', () => {
    const output = 'ld.lld: error: undefined symbol: memcpy\n>>> referenced by kernel.c:12 (./kernel.c:12)\n>>>               0-kernel.c.o:(start)\n>>> referenced by b.c:2 (./b.c:2)\n'
    expect(problems(parseLldOutput(output))).toMatchObject([{ message: 'undefined symbol: memcpy', file: './kernel.c', line: 12, next: expect.stringContaining('"runtime": true'), notes: [{ message: 'referenced by', file: './b.c', line: 2 }] }])
  })

  it('on Windows', () => {
    const output = 'ld.lld: error: duplicate symbol: f\r\n>>> defined at a.c:1 (C:\\k\\a.c:1)\r\n>>>            0-a.c.o:(f)\r\n'
    expect(problems(parseLldOutput(output))).toMatchObject([{ file: 'C:\\k\\a.c', line: 1 }])
  })

  it('points into linker scripts with a column', () => {
    const output = 'ld.lld: error: k.ld:3: malformed number: ;\n>>>   . = ;\n>>>       ^\n'
    expect(problems(parseLldOutput(output))).toMatchObject([{ file: 'k.ld', line: 3, column: 7, message: 'malformed number: ;' }])
  })
})

describe('columns', () => {
  it.each([
    ['abc', 3, 3, 3],
    ['é x', 4, 3, 3],
    ['😀x', 5, 2, 3],
    ['字x', 4, 2, 2],
  ])('in %j', (line, bytes, points, units) => {
    expect(toUtf16Column(line, bytes, 'bytes')).toBe(units)
    expect(toUtf16Column(line, points, 'code points')).toBe(units)
  })
  it('beyond the end stay at the end', () => expect(toUtf16Column('é', 99, 'bytes')).toBe(2))
})
