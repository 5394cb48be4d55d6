import { expect, test } from 'vitest'
import type { Instruction } from '../../../shared/debug'
import type { BreakpointHit } from '../../../shared/run-state'
import { catalogues } from '../../strings'
import { EMPTY_FORM, readForm } from './breakpoint-form'
import { codeRows } from './disassembly-rows'
import { exceptionVector } from './exceptions'
import { shortTime } from './short-time'
import { readHex, readNumber, readPlace, readPorts, readVector } from './typed'
import { lookOf, pauseText, placeName, specText, stateText } from './words'

const { en, 'zh-CN': zhCn } = catalogues
const source = { file: '/p/kernel.c', path: 'kernel.c', line: 12 }
const here = { address: '0x1000', symbol: { name: 'kmain', offset: 4 }, source }

test('a place is named by what a person knows best', () => {
  expect(placeName(here)).toBe('kernel.c:12 (kmain)')
  expect(placeName({ address: '0x1000', symbol: { name: 'kmain', offset: 0x12 } })).toBe('kmain+0x12')
  expect(placeName({ address: '0x7c00' })).toBe('0x7c00')
})

test('why the machine is paused, in words of each language', () => {
  const hit = (one: BreakpointHit): string => pauseText({ reason: { type: 'breakpoint', hits: [one] }, address: '0x1000' }, en, here)
  expect(hit({ id: 1, kind: 'code' })).toBe('Paused: breakpoint at kernel.c:12 (kmain)')
  expect(hit({ id: 1, kind: 'triple-fault', faults: ['#PF', '#DF'] })).toBe('Paused: triple fault (#PF → #DF)')
  const memory = { id: 1, kind: 'data', access: 'write', address: '0xb8000', physical: '0xb8000', bytes: 2, by: '0x1000' } as const
  expect(hit({ ...memory, before: '0x720', after: '0x748' })).toBe('Paused: 0xb8000 changed from 0x720 to 0x748')
  expect(hit({ ...memory, before: '0x720', after: '0x720' })).toBe('Paused: 2 bytes written at 0xb8000')
  expect(hit(memory)).toBe('Paused: 2 bytes written at 0xb8000')
  expect(hit({ id: 1, kind: 'port', direction: 'out', port: 0x3f8, bytes: 1, value: 65, by: '0x1000' })).toBe('Paused: 0x41 written to port 0x3f8')
  expect(hit({ id: 1, kind: 'vector', vector: 14, name: '#PF', source: 'exception', address: '0xdead', returnTo: '0x1000' })).toBe('Paused: interrupt #PF at address 0xdead')
  expect(hit({ id: 1, kind: 'mode', from: 'protected', to: 'long' })).toBe('Paused: from protected mode to long mode')
  expect(pauseText({ reason: { type: 'boot', at: 'kernel' }, address: '0x1000' }, en, undefined)).toBe("Paused at the kernel's entry: 0x1000")
  expect(pauseText({ reason: { type: 'step', interrupted: 32 }, address: '0x1000' }, en, here)).toContain('interrupt 0x20 came before')
  expect(pauseText({ reason: { type: 'step' }, address: '0x1000' }, zhCn, here)).toBe('单步后暂停于 kernel.c:12 (kmain)')
})

test('what a breakpoint waits for, how it looks, and what is to be said of it', () => {
  expect(specText({ kind: 'data', space: 'physical', address: '0xb8000', bytes: 4000, access: 'write' }, en)).toBe('4,000 bytes at physical 0xb8000 written')
  expect(specText({ kind: 'port', first: 0x60, last: 0x64, direction: 'any' }, en)).toBe('port 0x60–0x64, in or out')
  expect(specText({ kind: 'vector', vector: 14, source: 'any' }, zhCn)).toBe('中断 #PF，来源：任意来源')
  const own = { id: 1, spec: { kind: 'code', at: { file: 'kernel.c', line: 10 } }, enabled: true } as const
  const placed = { machineId: 1, spec: { kind: 'code', addresses: ['0x1000'] }, places: [here] } as const
  const set = { ...placed, spec: { kind: 'code' as const, addresses: ['0x1000'] } }
  expect([lookOf(own, undefined), lookOf(own, set), lookOf({ ...own, enabled: false }, set), lookOf(own, { failure: { code: 'x', what: 'y' } })]).toEqual(['waiting', 'set', 'off', 'refused'])
  expect(stateText(own, set, en)).toBe('It stops at kernel.c:12 (kmain).')
  expect(stateText({ ...own, spec: { kind: 'code', at: { file: 'kernel.c', line: 12 } } }, set, en)).toBe('')
  expect(stateText(own, { failure: { code: 'not-found', what: 'No code.' } }, en)).toBe('It is not set: No code.')
})

test('addresses, places, ports and vectors as people type them', () => {
  expect(['0xB8000', 'b8000', '0000_1234', '', 'xyz', '0x11112222333344445'].map((typed) => readHex(typed))).toEqual(['0xb8000', '0xb8000', '0x1234', undefined, undefined, undefined])
  expect(readHex('1ff', 2)).toBeUndefined()
  expect(['12', '0x10', '-1', '1.5'].map((typed) => readNumber(typed, 0, 16))).toEqual([12, 16, undefined, undefined])
  expect(['0x100000', '7c00h', 'kmain', 'src/kernel.c:42', 'core::fmt::write', '0xyz', 'two words', ''].map(readPlace)).toEqual([
    { address: '0x100000' }, { address: '0x7c00' }, { symbol: 'kmain' }, { file: 'src/kernel.c', line: 42 }, { symbol: 'core::fmt::write' }, undefined, undefined, undefined,
  ])
  expect(['0x3f8', '0x60-0x64', '0x64-0x60', '70000'].map(readPorts)).toEqual([{ first: 0x3f8, last: 0x3f8 }, { first: 0x60, last: 0x64 }, undefined, undefined])
  expect(['14', '0x21', '#pf', 'GP', '256', 'XX'].map(readVector)).toEqual([14, 0x21, 14, 13, undefined, undefined])
  expect(exceptionVector('NMI')).toBe(2)
})

test('a form becomes a breakpoint, or names the field that is wrong', () => {
  expect(readForm({ ...EMPTY_FORM, place: 'kernel.c:3' })).toEqual({ kind: 'code', at: { file: 'kernel.c', line: 3 } })
  expect(readForm({ ...EMPTY_FORM, kind: 'data', address: 'b8000' })).toEqual({ kind: 'data', space: 'linear', address: '0xb8000', bytes: 4, access: 'write' })
  expect(readForm({ ...EMPTY_FORM, kind: 'data', address: 'b8000', bytes: '0' })).toEqual({ wrong: 'bytes' })
  expect(readForm({ ...EMPTY_FORM, kind: 'port', ports: 'com1' })).toEqual({ wrong: 'ports' })
  expect(readForm({ ...EMPTY_FORM, kind: 'triple-fault' })).toEqual({ kind: 'triple-fault' })
})

test('source lines and functions stand before their instructions, each once', () => {
  const at = (address: number, line: number, offset: number): Instruction => ({ address: `0x${address.toString(16)}`, offset: '0x0', bytes: '90', text: 'nop', symbol: { name: 'kmain', offset }, source: { ...source, line } })
  const shown = codeRows([at(0x10, 5, 0), at(0x11, 5, 1), at(0x12, 7, 2), at(0x13, 2, 3)]).map((row) => (row.kind === 'instruction' ? row.instruction.address : row.kind === 'source' ? `line ${row.line}` : row.name))
  expect(shown).toEqual(['kmain', 'line 5', '0x10', '0x11', 'line 6', 'line 7', '0x12', 'line 2', '0x13'])
})

test('times from microseconds to seconds', () => {
  expect([0, 2, 999, 1990, 12_340, 456_700, 2_500_000].map(shortTime)).toEqual(['0 µs', '2 µs', '999 µs', '1.99 ms', '12.3 ms', '457 ms', '2.50 s'])
})
