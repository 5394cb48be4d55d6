import { expect, test } from 'vitest'
import { findLocations, projectFile } from './locations'

const found = (text: string): string[] => findLocations(text).map(({ start, end, file, line, column }) => `${text.slice(start, end)} = ${file} ${line} ${column ?? '-'}`)

test.each([
  ["kernel.c:3:5: error: expected ';'", ['kernel.c:3:5 = kernel.c 3 5']],
  ['  --> src/main.rs:12:9', ['src/main.rs:12:9 = src/main.rs 12 9']],
  ['boot.asm:7: error: symbol not defined', ['boot.asm:7 = boot.asm 7 -']],
  ['make: *** [Makefile:12: all] Error 1', ['Makefile:12 = Makefile 12 -']],
  ['In file included from include/a.h:3,', ['include/a.h:3 = include/a.h 3 -']],
  ['                 from ../src/b.c:14:', ['../src/b.c:14 = ../src/b.c 14 -']],
  ['C:\\k\\main.c(10,4): warning C4100', ['C:\\k\\main.c(10,4) = C:\\k\\main.c 10 4']],
  ['C:/k/main.c:10:4: warning', ['C:/k/main.c:10:4 = C:/k/main.c 10 4']],
  ['  File "tools/pack.py", line 41, in <module>', ['File "tools/pack.py", line 41 = tools/pack.py 41 -']],
  ['>>> referenced by kernel.c:20 (src/kernel.c:20)', ['kernel.c:20 = kernel.c 20 -', 'src/kernel.c:20 = src/kernel.c 20 -']],
  ['/usr/bin/ld: main.o: in function `f\': /home/me/k/main.c:5: undefined', ['/home/me/k/main.c:5 = /home/me/k/main.c 5 -']],
])('%s', (text, places) => {
  expect(found(text)).toEqual(places)
})

test('times, versions, addresses and numbers are no places', () => {
  for (const text of ['12:30:22 done', 'zig 0.16.0', 'http://example.com:80/x', '127.0.0.1:8080', 'took 3:5', 'key:1', 'a.c:0:1', 'a.c:1.5', 'x = y(3)']) expect(found(text), text).toEqual([])
})

test('a very long line is not searched', () => {
  expect(found(`${'x'.repeat(5000)} a.c:1:1`)).toEqual([])
})

test('the file that a tool means is found among those of the project', () => {
  const files = new Set(['src/main.c', 'src/a/util.c', 'src/b/util.c', 'Makefile'])
  const of = (named: string): string | undefined => projectFile(named, files, '/home/me/k')
  expect(of('src/main.c')).toBe('src/main.c')
  expect(of('./src/../src/main.c')).toBe('src/main.c')
  expect(of('/home/me/k/src/main.c')).toBe('src/main.c')
  expect(of('main.c')).toBe('src/main.c')
  expect(of('../src/main.c')).toBe('src/main.c')
  expect(of('util.c')).toBeUndefined()
  expect(of('a/util.c')).toBe('src/a/util.c')
  expect(of('/usr/include/main.c')).toBeUndefined()
  expect(projectFile('C:\\k\\src\\main.c', files, 'C:\\k')).toBe('src/main.c')
})
