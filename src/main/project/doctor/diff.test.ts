import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { unifiedDiff } from './diff'

const lines = (...numbers: number[]): string => numbers.map((number) => `line ${number}\n`).join('')
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const CASES: readonly (readonly [name: string, before: string, after: string])[] = [
  ['a changed line', lines(...upTo(20)), lines(...upTo(20)).replace('line 10\n', 'other\n')],
  ['two changes far apart', lines(...upTo(40)), lines(...upTo(40)).replace('line 3\n', '').replace('line 30\n', 'line 30\nnew\n')],
  ['two changes close together', lines(...upTo(20)), lines(...upTo(20)).replace('line 5\n', 'a\n').replace('line 9\n', 'b\n')],
  ['a new file', '', lines(1, 2)],
  ['an emptied file', lines(1, 2), ''],
  ['an end without line break', 'a\nb', 'a\nc'],
  ['a line break at the end', 'a\nb', 'a\nb\n'],
  ['moved lines', lines(1, 2, 3, 4, 5, 6, 7, 8), lines(5, 6, 7, 8, 1, 2, 3, 4)],
  ['blanks and braces', '{\n  "a": 1,\n  "b": 2\n}\n', '{\n  "b": 2,\n  "c": 3\n}\n'],
]

describe('a unified diff', () => {
  it('is what diff -u writes', () => {
    expect(unifiedDiff('x.json', '{\n  "a": "1",\n  "b": 2\n}\n', '{\n  "a": 1,\n  "b": 2\n}\n')).toBe('--- a/x.json\n+++ b/x.json\n@@ -1,4 +1,4 @@\n {\n-  "a": "1",\n+  "a": 1,\n   "b": 2\n }\n')
    expect(unifiedDiff('x.json', 'a', 'a')).toBe('')
  })

  const patch = requireTool('patch')
  it.skipIf(patch === undefined).each(CASES)('is applied by patch: %s', async (_name, before, after) => {
    const dir = await mkdtemp(join(tmpdir(), 'bootlab-diff-'))
    await writeFile(join(dir, 'file'), before)
    const run = spawnSync(patch ?? '', ['-p1', '--no-backup-if-mismatch', '--fuzz=0'], { cwd: dir, input: unifiedDiff('file', before, after), encoding: 'utf8' })
    expect({ status: run.status, output: run.stdout }).toEqual({ status: 0, output: expect.not.stringMatching(/fuzz|offset|FAILED/) })
    expect(await readFile(join(dir, 'file'), 'utf8').catch(() => '')).toBe(after)
    await rm(dir, { recursive: true })
  })
})
