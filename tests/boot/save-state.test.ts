/**
 * A machine that is saved, and goes on elsewhere, comes to the same end as one that never stopped, with what Debian's syslinux and templates do on the
 * way. Every rung of the ladder: `tests/judges/state-ladder.ts`.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Machine, type MachineOptions } from '../../src/main/emulator/machine/machine'
import { TICKS_PER_MILLISECOND } from '../../src/main/emulator/machine/clock'
import { StateError } from '../../src/main/emulator/state/error'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { hasSyslinux, syslinuxFloppy } from './ladder'
import { fuzzStates } from './state-fuzz'
import { type Chained, runChain } from './state-chain'
import { templateImages } from './template-images'

const LIMIT = 120_000
const FUZZED = 150
const MENU = ['menu', 'libutil', 'libcom32', 'libmenu', 'meminfo']
const CONFIGURATION = 'DEFAULT menu.c32\nPROMPT 0\nLABEL memory\n MENU LABEL ^Memory map\n COM32 meminfo.c32\n'

function expectSameEnd(run: Chained): void {
  const whole = runChain(run, false)
  const chain = runChain(run, true)
  expect(whole.joints.length).toBeGreaterThan(2)
  expect(chain.joints).toEqual(whole.joints)
  expect(whole.reached, whole.lines.join('\n')).toBe(true)
}

const templates = (await templateImages()).filter(({ template }) => ['boot-sector', 'interrupts-c', 'paging-c'].includes(template.id))

test.each(templates)('$template.id goes on from its state as if nothing had been', { timeout: LIMIT }, async ({ path }) => {
  const run = { options: { image: new Uint8Array(readFileSync(await path())), memoryBytes: 4 << 20 }, seconds: 0.004, every: 0.5, look: 0.1 }
  const [whole, again, chain] = [runChain(run, false), runChain(run, false), runChain(run, true)]
  expect(whole.joints.length).toBeGreaterThan(3)
  expect(again.joints).toEqual(whole.joints)
  expect(chain.joints).toEqual(whole.joints)
})

test.skipIf(!hasSyslinux())('syslinux goes on from its state, on a diskette, with a key that is still to be typed', { timeout: LIMIT }, () => {
  const image = syslinuxFloppy(CONFIGURATION, MENU)
  expectSameEnd({ options: { image, medium: 'floppy', memoryBytes: 16 << 20 }, steps: [{ afterText: 'Press [Tab] to edit options', keys: 'm\n' }], untilText: '00000000fff', seconds: 30, every: 60 })
})

test('a damaged or invented state is refused, or loaded and run: nothing else comes of it', { timeout: LIMIT }, () => {
  const { refused, taken, failures } = fuzzStates(1, FUZZED)
  expect(failures).toEqual([])
  expect(refused).toBeGreaterThan(FUZZED / 2)
  expect(taken).toBeGreaterThan(0)
})

describe('a state that does not fit', () => {
  const image = new Uint8Array(1 << 20)
  image.set([0xfb, 0xf4, 0xeb, 0xfd])
  image.set([0x55, 0xaa], 510)
  const options: MachineOptions = { image, memoryBytes: 4 << 20, backend: DEFAULT_BACKEND, startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined }
  const saved = (() => {
    const machine = new Machine(options)
    machine.run(10 * TICKS_PER_MILLISECOND)
    return machine.save()
  })()
  const other = image.slice()
  other[600] = 1

  test.each<[string, Partial<MachineOptions>, RegExp]>([
    ['another memory', { memoryBytes: 8 << 20 }, /has 4 MiB of memory, this one 8 MiB/],
    ['another processor', { model: '486' }, /processor "max", this one "486"/],
    ['a changed image', { image: other }, /image in drive 80h has changed since/],
    ['an image of another size', { image: new Uint8Array(2 << 20).fill(1) }, /has 2097152 bytes; when the state was saved it had 1048576/],
    ['another medium', { medium: 'cd' }, /has a disk in drive 80h, this one has not/],
    ['a further drive', { drives: [{ image, medium: 'cd', readOnly: true }] }, /has 1 drives with a medium, this one 2/],
    ['another boot file', { network: { bootFile: 'x' } }, /boots nothing from its network, this one "x"/],
  ])('is refused for %s', (_name, others, sentence) => {
    expect(() => new Machine({ ...options, ...others }).load(saved)).toThrow(sentence)
  })

  test('is taken by the other backend, and gives the same run there', () => {
    const [interp, oracle] = [new Machine(options), new Machine({ ...options, backend: 'oracle' })]
    for (const machine of [interp, oracle]) {
      machine.load(saved)
      machine.run(TICKS_PER_MILLISECOND)
    }
    expect(oracle.stateHash()).toBe(interp.stateHash())
  })

  test('keeps what the guest wrote to its disks', () => {
    const machine = new Machine(options)
    machine.drives.boot.write(3, new Uint8Array(512).fill(7))
    const loaded = new Machine(options)
    loaded.load(machine.save())
    expect(loaded.drives.boot.read(3)).toEqual(new Uint8Array(512).fill(7))
    expect(loaded.drives.boot.read(4)).toEqual(new Uint8Array(512))
    expect(image[3 * 512]).toBe(0)
  })

  test('is not made of a machine that has ended', () => {
    const machine = new Machine({ ...options, onReset: 'end' })
    machine.bus.write(0xf4, 1, 3)
    expect(() => machine.save()).toThrow(/come to its end/)
  })

  test.each<[string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
    ['no state', () => new Uint8Array(100), /no saved state/],
    ['an empty file', () => new Uint8Array(), /no saved state/],
    ['another version', (bytes) => changed(bytes, 8, 99), /version 99 of the format/],
    ['a header that is too long', (bytes) => changed(bytes, 15, 0xff), /header is not whole/],
    ['one byte less', (bytes) => bytes.subarray(0, -1), /ends in the section/],
    ['one byte more', (bytes) => Uint8Array.of(...bytes, 0), /something follows/],
  ])('says that it is %s', (_name, spoil, sentence) => {
    const error = (() => {
      try {
        return new Machine(options).load(spoil(saved))
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(StateError)
    expect(String(error)).toMatch(sentence)
  })
})

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = value
  return copy
}
