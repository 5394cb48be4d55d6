import { expect, test } from 'vitest'
import type { LogEvent, StepEvent } from '../../../../shared/problems'
import { BuildLog, commandToCopy, MAX_LINES } from './build-log'
import { lineParts } from './line-parts'
import { findLocations } from './locations'
import { layRows, type Folds } from './log-rows'
import { LogSearch, rangesOf } from './log-search'

const line = (text: string, step?: number, level: LogEvent['level'] = 'output'): LogEvent => ({ level, text, ...(step === undefined ? {} : { step }) })
const step = (number: number, name: string, state: StepEvent['state']): StepEvent => ({ step: number, name, state, milliseconds: 5 })

/** The rows as a person sees them. */
function shown(log: BuildLog, folds: Folds = {}): string[] {
  const rows = layRows(log, folds)
  return Array.from({ length: rows.count }, (_, index) => {
    const row = rows.at(index)
    if (row?.kind === 'head') return `${row.open ? '-' : '+'} ${row.section.step?.name} ${row.section.step?.state}`
    return row?.kind === 'line' ? row.line.text : String(row?.kind)
  })
}

function sample(): BuildLog {
  const log = new BuildLog()
  log.add(line('Building', undefined, 'info'))
  log.step(step(1, 'compile a.c', 'running'))
  log.step(step(2, 'compile b.c', 'running'))
  log.add({ ...line('clang b.c', 2, 'command'), exact: '/z clang b.c' })
  log.add(line('clang a.c', 1, 'command'))
  log.add(line('b.c:1:1: error: no', 2, 'error'))
  log.step(step(1, 'compile a.c', 'ok'))
  log.step(step(2, 'compile b.c', 'failed'))
  log.add(line('The end'))
  return log
}

test('lines stand under their step, however steps run beside one another; what went well is folded', () => {
  expect(shown(sample())).toEqual(['Building', '+ compile a.c ok', '- compile b.c failed', 'clang b.c', 'b.c:1:1: error: no', 'The end'])
})

test('what a person unfolds or folds stays so', () => {
  const log = sample()
  expect(shown(log, { 1: true, 2: false })).toEqual(['Building', '- compile a.c ok', 'clang a.c', '+ compile b.c failed', 'The end'])
})

test('a step that runs, and one with a warning, is open', () => {
  const log = new BuildLog()
  log.step(step(1, 'link', 'running'))
  log.add(line('ld', 1, 'command'))
  expect(shown(log)).toEqual(['- link running', 'ld'])
  log.step(step(1, 'link', 'ok'))
  expect(shown(log)).toEqual(['+ link ok'])
  log.add(line('careful', 1, 'warning'))
  expect(shown(log)).toEqual(['- link ok', 'ld', 'careful'])
})

test('the row of a line is where it is shown', () => {
  const log = sample()
  const rows = layRows(log, {})
  const section = log.sections[2]
  if (!section) throw new Error('There is no third section.')
  expect(rows.at(rows.indexOf(section, 1))).toMatchObject({ kind: 'line', line: { text: 'b.c:1:1: error: no' } })
  expect(rows.at(rows.count)).toBeUndefined()
})

test('beyond its limit the oldest lines go, and the log says so', () => {
  const log = new BuildLog()
  for (let number = 0; number < MAX_LINES * 1.2; number++) log.add(line(String(number), 1))
  expect(log.lines).toBeLessThanOrEqual(MAX_LINES * 1.1)
  expect(log.lines + log.dropped).toBe(MAX_LINES * 1.2)
  const rows = layRows(log, {})
  expect(rows.at(0)).toEqual({ kind: 'cut' })
  expect(rows.at(2)).toMatchObject({ line: { text: String(log.dropped) } })
  expect(rows.at(rows.count - 1)).toMatchObject({ line: { text: String(MAX_LINES * 1.2 - 1) } })
})

test('the command to copy is that of the step that failed, as it can be run', () => {
  const log = sample()
  expect(commandToCopy(log)).toBe('/z clang b.c')
  log.step(step(2, 'compile b.c', 'ok'))
  expect(commandToCopy(log)).toBe('/z clang b.c')
  expect(commandToCopy(new BuildLog())).toBeUndefined()
})

test('a search finds folded lines, too, and what comes later', () => {
  const log = sample()
  const search = new LogSearch(log, 'CLANG')
  expect(search.matches().map(({ section, line: at }) => section.lines[at]?.text)).toEqual(['clang a.c', 'clang b.c'])
  log.add(line('clang again'))
  expect(search.matches()).toHaveLength(3)
  expect(new LogSearch(log, 'a.c(').matches()).toEqual([])
  expect(rangesOf('a.b a+b A.B', 'a.b')).toEqual([
    { start: 0, end: 3 },
    { start: 8, end: 11 },
  ])
})

test('a line is cut where anything changes', () => {
  const text = 'a.c:1: error'
  const parts = lineParts(text, [{ start: 7, end: 12, style: { bold: true } }], findLocations(text), rangesOf(text, '1: err'))
  expect(parts.map((part) => [part.text, part.style?.bold ?? false, part.location?.file, part.hit])).toEqual([
    ['a.c:', false, 'a.c', false],
    ['1', false, 'a.c', true],
    [': ', false, undefined, true],
    ['err', true, undefined, true],
    ['or', true, undefined, false],
  ])
})
