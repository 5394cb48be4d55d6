/** The boot menu in Bootlab's own PC: on the screen and on a serial terminal. About 5 seconds alone. */
import { beforeAll, describe, expect, test } from 'vitest'
import { buildDiskImage } from '../../src/main/image/index'
import { assembleFlat } from '../../src/main/toolchain/assemble-flat'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { type OwnPcOptions, type OwnRun, runInOwnPc } from './own-pc'
import { loader } from './qemu-judge'

const NAMES = ['first', 'second', 'third'] as const
const ADDRESS = 0x100000
const PROMPT = 'Arrows or digits and Enter choose.'

/** Says a letter on COM1 and ends the run. */
async function kernel(letter: string): Promise<Uint8Array> {
  const text = `.code32\nmovw $0x3f8, %dx\nmovb $'${letter}', %al\noutb %al, %dx\nmovb $0x10, %al\nmovw $0xf4, %dx\noutb %al, %dx\n1: jmp 1b\n`
  return assembleFlat({ sources: [{ name: 'letter.S', text }], linkerScript: `SECTIONS { . = ${ADDRESS}; .text : { *(.text) } }`, defines: {} })
}

async function imageWith(settings: { timeout?: number; default?: number }): Promise<Uint8Array> {
  const [first, ...others] = await Promise.all(NAMES.map(async (title, index) => ({ title, kernel: await kernel('abc'[index] ?? ''), protocol: 'flat32' as const, address: ADDRESS })))
  if (!first) throw new Error('There are three.')
  return (await buildDiskImage({ ...first, entries: others, loader: await loader(), image: { firmware: 'bios' }, ...settings })).image
}

function boot(image: Uint8Array, more: Partial<OwnPcOptions> = {}): OwnRun & { letter: string } {
  const run = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 8, ...more })
  return { ...run, letter: run.serial.at(-1) ?? '' }
}

describe('a menu that waits for a person', () => {
  let image: Uint8Array
  beforeAll(async () => {
    image = await imageWith({ default: 2 })
  })
  test('shows its entries and starts none by itself', () => {
    const run = boot(image, { seconds: 3 })
    expect(run.outcome).toBe(undefined)
    expect(run.screenFlow.replace(/ +/g, ' ').trim()).toBe(`Bootlab 1 first > 2 second 3 third ${PROMPT}`)
  })
  test('shows the same on COM1, with the marked entry in reverse', () => {
    const run = boot(image, { seconds: 1 })
    expect(run.serial).toContain('\x1b[4;1H\x1b[7m> 2  second\x1b[0m\x1b[K')
    expect(run.serial).toContain('\x1b[3;1H  1  first\x1b[0m\x1b[K')
  })
  test.each<[string, string[], string]>([
    ['Enter', ['Enter'], 'b'],
    ['a digit', ['Digit3'], 'c'],
    ['down, Enter', ['ArrowDown', 'Enter'], 'c'],
    ['up, Enter', ['ArrowUp', 'Enter'], 'a'],
    ['up twice: round to the end', ['ArrowUp', 'ArrowUp', 'Enter'], 'c'],
    ['down twice: round to the start', ['ArrowDown', 'ArrowDown', 'Enter'], 'a'],
    ['keys that mean nothing', ['KeyX', 'Digit9', 'Digit0', 'Enter'], 'b'],
  ])('%s on the keyboard', (_name, keys, letter) => {
    const run = boot(image, { typed: keys.map((key) => ({ afterText: PROMPT, keys: [key] })) })
    expect([run.letter, run.outcome]).toEqual([letter, { reason: 'debug-exit', value: 0x10 }])
    expect(run.screenFlow.trim()).toBe('')
  })
  test.each<[string, string, string]>([
    ['Enter', '\r', 'b'],
    ['a digit', '1', 'a'],
    ['an arrow and Enter', '\x1b[B\r', 'c'],
  ])('%s on COM1', (_name, serial, letter) => {
    const run = boot(image, { typed: [{ afterText: PROMPT, serial }] })
    expect([run.letter, run.outcome]).toEqual([letter, { reason: 'debug-exit', value: 0x10 }])
  })
})

describe('a menu that counts down', () => {
  test('starts the default entry', async () => {
    const run = boot(await imageWith({ timeout: 2, default: 3 }))
    expect([run.letter, run.outcome]).toEqual(['c', { reason: 'debug-exit', value: 0x10 }])
    expect(run.serial.indexOf('Starts in 2 s')).toBeGreaterThan(0)
    expect(run.serial.indexOf('Starts in 1 s')).toBeGreaterThan(run.serial.indexOf('Starts in 2 s'))
  })
  test('stops at a key', async () => {
    const run = boot(await imageWith({ timeout: 2 }), { typed: [{ afterText: 'Starts in 2 s', keys: ['ArrowDown'] }] })
    expect(run.outcome).toBe(undefined)
    expect(run.screenFlow).toContain('> 2  second')
    expect(run.screenFlow).toContain(PROMPT)
  })
  test('of no seconds shows nothing', async () => {
    const run = boot(await imageWith({ timeout: 0, default: 2 }))
    expect([run.serial, run.outcome]).toEqual(['b', { reason: 'debug-exit', value: 0x10 }])
  })
})
