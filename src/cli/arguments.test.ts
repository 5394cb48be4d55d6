import { describe, expect, it } from 'vitest'
import { parseClock, parseDrive, parseDuration, parseInitrdOption, parseLockstep, parseMemory, parseModuleOption, parseOffset, parsePort, parseScreen } from './arguments'
import { debugExitCode, EXIT, EXIT_MEANINGS, exitCodeHelp } from './exit-codes'
import { parseKeys } from './keys'

describe('options', () => {
  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1.5', 1500],
    [' 3s ', 3000],
  ])('reads the time %s', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds))

  it.each(['', 's', '-1s', '0', '10h', '1e9', '25000m', '0x10'])('refuses the time %j', (text) => expect(() => parseDuration(text)).toThrow(/10s/))

  it('reads ports', () => {
    expect([parsePort('0'), parsePort('65535')]).toEqual([0, 65_535])
    for (const text of ['', '-1', '65536', '80a', '1.5']) expect(() => parsePort(text)).toThrow(/port/)
  })

  it('reads places in a file', () => {
    expect([parseOffset('1048576'), parseOffset('0x100000')]).toEqual([1_048_576, 1_048_576])
    for (const text of ['', '-1', '1.5', '0x', 'end', '1'.repeat(30)]) expect(() => parseOffset(text)).toThrow(/0x100000/)
  })

  it('reads memory sizes', () => {
    expect(parseMemory('128M')).toBe(134_217_728)
    expect(() => parseMemory('lots')).toThrow(/128M/)
  })

  it('reads drives, one after the other', () => {
    const first = parseDrive('disk:a:b,c.img')
    expect(parseDrive('cd:x.iso,ro', first)).toEqual([{ path: 'a:b,c.img', medium: 'disk', readOnly: false }, { path: 'x.iso', medium: 'cd', readOnly: true }])
    expect(parseDrive('disk:c.img,bus=nvme,ro')).toEqual([{ path: 'c.img', medium: 'disk', bus: 'nvme', readOnly: true }])
    expect(() => parseDrive('disk:c.img,bus=scsi')).toThrow(/ide, ahci, nvme/)
    for (const text of ['', 'a.img', 'disk:', 'tape:a', ',ro']) expect(() => parseDrive(text)).toThrow(/floppy:FILE/)
  })

  it('reads when the clock begins', () => {
    for (const text of ['now', '2026-01-01T12:00:00Z', '1999-12-31T23:59:59.5Z']) expect(parseClock(text)).toBe(text)
    for (const text of ['', 'yesterday', '2026-01-01', '2026-13-01T00:00:00Z', '2026-01-01T12:00:00']) expect(() => parseClock(text)).toThrow(/now/)
  })

  it('reads modules, one option after the other', () => {
    const first = parseModuleOption('a.bin,level=3')
    expect(parseModuleOption('b.bin', first).map(({ path }) => path)).toEqual(['a.bin', 'b.bin'])
    expect(parseInitrdOption('c.bin,d.bin', parseInitrdOption('a.img')).map(({ path }) => path)).toEqual(['a.img', 'c.bin', 'd.bin'])
    for (const parse of [parseModuleOption, parseInitrdOption]) expect(() => parse('')).toThrow(/no name/)
  })

  it('reads where the screen goes', () => {
    expect(parseScreen('text')).toEqual({ type: 'text' })
    expect(parseScreen('png:a:b.png')).toEqual({ type: 'png', file: 'a:b.png' })
    for (const text of ['', 'png', 'png:', 'jpg:x']) expect(() => parseScreen(text)).toThrow(/png:FILE/)
  })

  it('reads the two backends of a lockstep run', () => {
    expect(parseLockstep('oracle,interp')).toEqual(['oracle', 'interp'])
    for (const text of ['', 'oracle', 'oracle,oracle', 'oracle,jit', 'oracle,interp,oracle']) expect(() => parseLockstep(text)).toThrow(/oracle,interp/)
  })

  it('reads keys with their escapes', () => {
    expect(parseKeys(String.raw`Hi!\n\t\b\e\\n`)).toBe('Hi!\n\t\b\u001b\\n')
    expect(() => parseKeys(String.raw`a\x`)).toThrow(/means nothing/)
    expect(() => parseKeys('ä')).toThrow(/US keyboard/)
    expect(() => parseKeys('a\u0007')).toThrow(/US keyboard/)
  })
})

describe('exit codes', () => {
  it('are even and distinct, so that no guest can give one', () => {
    const codes = Object.values(EXIT)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.filter((code) => code % 2 !== 0)).toEqual([])
  })

  it('of the guest are as QEMU gives them', () => {
    // (v << 1) | 1, of which a process keeps eight bits.
    expect([0, 1, 0x10, 0x7f, 0x80, 0xff].map(debugExitCode)).toEqual([1, 3, 33, 255, 1, 255])
  })

  it('are all in the help', () => {
    for (const [name, meaning] of Object.entries(EXIT_MEANINGS)) expect(exitCodeHelp(), name).toContain(meaning)
  })
})
