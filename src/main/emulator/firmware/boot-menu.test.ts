/** What INT 19h tries first: boot sectors write their letter to port E9h. */
import { describe, expect, test } from 'vitest'
import type { BootMedium } from '../../../shared/machine-schemas'
import { screenText } from '../../../shared/screen-text'
import { Typist } from '../host/typist'
import type { BootChoice } from '../machine/boot-order'
import { TICKS_PER_SECOND } from '../machine/clock'
import { Machine } from '../machine/machine'
import { testCd } from '../machine/test-cd'

const SECTOR = 512

/** mov al,letter; out E9h,al; cli; hlt */
const announcing = (letter: string): number[] => [0xb0, letter.charCodeAt(0), 0xe6, 0xe9, 0xfa, 0xf4]

function bootSector(code: readonly number[]): Uint8Array {
  const image = new Uint8Array(SECTOR)
  image.set(code)
  image.set([0x55, 0xaa], SECTOR - 2)
  return image
}

const cd = testCd({ bootImage: Uint8Array.from(announcing('C')) })
/** The image is a hard disk; beside it are a diskette, a second hard disk and a CD. */
const DRIVES = [
  { image: bootSector(announcing('F')), medium: 'floppy', readOnly: false },
  { image: bootSector(announcing('E')), medium: 'disk', readOnly: false },
  { image: cd, medium: 'cd', readOnly: true },
] as const

interface Run {
  readonly booted: string
  readonly seconds: number
  readonly screen: string
}

function run(choice: BootChoice, { keys, image = bootSector(announcing('D')), seconds = 10 }: { keys?: string; image?: Uint8Array; seconds?: number } = {}): Run {
  let booted = ''
  const machine = new Machine({ image, medium: 'disk', drives: DRIVES, boot: choice, memoryBytes: 4 << 20, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: (byte) => (booted += String.fromCharCode(byte)) })
  if (keys !== undefined) new Typist(machine).type(keys)
  machine.run(seconds * TICKS_PER_SECOND)
  return { booted, seconds: machine.now / TICKS_PER_SECOND, screen: screenText(machine.textScreen) }
}

describe('the boot order', () => {
  test('is the image, diskette, hard disks, CD; the next one where a boot sector gives up', () => {
    expect(run({}).booted).toBe('D')
    // int 18h
    expect(run({}, { image: bootSector([0xcd, 0x18]) }).booted).toBe('F')
  })

  test.each<[readonly BootMedium[], string]>([[['cd'], 'C'], [['floppy', 'disk'], 'F'], [['disk', 'cd'], 'D']])('can be asked for: %j', (order, first) => {
    expect(run({ order }).booted).toBe(first)
  })

  test('goes on with the second hard disk before the others', () => {
    expect(run({ order: ['disk'] }, { image: new Uint8Array(SECTOR) }).booted).toBe('E')
  })
})

describe('the boot menu', () => {
  test('is there for a moment, and then the first drive is booted', () => {
    const { booted, seconds, screen } = run({ menu: true })
    expect(booted).toBe('D')
    expect(seconds).toBeGreaterThan(2.5)
    expect(seconds).toBeLessThan(3)
    expect(screen).toContain('Press ESC or F12 for the boot menu.')
  })

  test('lists the drives in their order, and boots the one whose number is typed', () => {
    const { booted, screen } = run({ menu: true, order: ['cd'] }, { keys: '\u001b4' })
    expect(screen).toMatch(/1\. CD E0h, \d+ KiB\n2\. Hard disk 80h, 1 KiB\n3\. Diskette 00h, \d+ KiB\n4\. Hard disk 81h, 1 KiB/)
    expect(booted).toBe('E')
  })

  test('is left with ESC, and waits for nobody else', () => {
    expect(run({ menu: true }, { keys: '\u001b\u001b' }).booted).toBe('D')
    expect(run({ menu: true }, { keys: '\u001bx' }).booted).toBe('')
  })
})
