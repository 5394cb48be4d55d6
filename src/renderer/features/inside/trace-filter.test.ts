import { expect, test } from 'vitest'
import type { LogEntry } from '../../../shared/debug'
import { logFilter, matcher, parseRanges, parseVectors, type TraceFilter } from './trace-filter'

const all: TraceFilter = { bios: true, ports: true, vectors: '', ranges: '', text: '' }
const call: LogEntry = { kind: 'bios', instructions: 1, vector: 0x13, ax: 0x4200, name: 'Extended read', arguments: [{ name: 'DL', value: '0x80' }], results: [], carry: false, caller: { cs: 0, ip: 0x7c10 } }
const access: LogEntry = { kind: 'port', instructions: 2, direction: 'out', port: 0x3f9, bytes: 2, value: 0x41, by: '0x100000', device: 'COM1' }

test('vectors and ports as a person writes them', () => {
  expect(parseVectors('10, 13h 0x15')).toEqual({ only: [0x10, 0x13, 0x15], not: [] })
  expect(parseVectors('-8 -09h')).toEqual({ only: [], not: [8, 9] })
  expect(parseVectors('')).toEqual({ only: [], not: [] })
  expect(parseVectors('100')).toBeUndefined()
  expect(parseVectors('zz')).toBeUndefined()
  expect(parseRanges('3f8 - 3ff, 60')).toEqual([{ first: 0x3f8, last: 0x3ff }, { first: 0x60, last: 0x60 }])
  expect([parseRanges('3ff-3f8'), parseRanges('1-2-3'), parseRanges('10000')]).toEqual([undefined, undefined, undefined])
})

test('what the machine is asked for', () => {
  expect(logFilter(all)).toEqual({ bios: {}, ports: {} })
  expect(logFilter({ ...all, ports: false, vectors: '13', ranges: '60' })).toEqual({ bios: { vectors: [0x13] } })
  expect(logFilter({ ...all, vectors: '-8' })).toEqual({ bios: {}, ports: {} })
  expect(logFilter({ ...all, bios: false, ranges: '60-64' })).toEqual({ ports: { ranges: [{ first: 0x60, last: 0x64 }] } })
  expect(logFilter({ ...all, bios: false, ports: false })).toBeUndefined()
  // Half-written text narrows nothing.
  expect(logFilter({ ...all, vectors: '1x' })).toEqual({ bios: {}, ports: {} })
})

test('what is shown of what was kept', () => {
  const shows = (change: Partial<TraceFilter>) => [call, access].map(matcher({ ...all, ...change }))
  expect(shows({})).toEqual([true, true])
  expect(shows({ ports: false })).toEqual([true, false])
  expect(shows({ vectors: '10' })).toEqual([false, true])
  expect([shows({ vectors: '-13' }), shows({ vectors: '-8' })]).toEqual([[false, true], [true, true]])
  // The access of two bytes reaches the second port.
  expect(shows({ ranges: '3fa' })).toEqual([true, true])
  expect(shows({ ranges: '3fb' })).toEqual([true, false])
  expect(shows({ text: 'extended READ' })).toEqual([true, false])
  expect(shows({ text: 'com1' })).toEqual([false, true])
})
