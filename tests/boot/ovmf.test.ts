/**
 * OVMF, UEFI for QEMU's machines, as Debian's package has it, in the place of Bootlab's own firmware: to its shell, and from there, and by itself, to our UEFI
 * loader and a kernel. About 20 s of the processor's time alone, and 10 s of QEMU's.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Typist } from '../../src/main/emulator/host/typist'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import type { ExtraDrive } from '../../src/main/emulator/machine/drives'
import { Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import type { Roms } from '../../src/main/emulator/machine/roms'
import { createProject } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { readRoms } from '../../src/main/services/firmware-files'
import { locate } from '../../src/main/services/locations'
import type { ImageLayout } from '../../src/shared/image'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { findQemu } from '../support/qemu'
import { hasFirmware } from '../support/ovmf'
import { told } from './ladder'
import { bootImage } from './qemu-judge'

const CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd'
/** Code and variables in one, as a ROM. */
const WHOLE = '/usr/share/ovmf/OVMF.fd'
const LIMIT = 200_000
const LOOK_MS = 20
/** Of the guest's time: UEFI looks at the keyboard every 20 ms. */
const LINE_SECONDS = 4
const PROMPT = 'Shell> '
const DONE = 'All requests were answered.'
/** What isa-debug-exit hears from the kernel when all went well. */
const GOOD = { reason: 'debug-exit', value: 0x10 }

const folder = mkdtempSync(join(tmpdir(), 'bootlab-ovmf-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function limineImage(layout: ImageLayout): Promise<Uint8Array> {
  const dir = join(folder, layout)
  await createProject({ templatesDir: join(locate().resources, 'templates'), template: 'limine-c', dir })
  const { result, image } = await new Builder().build(dir, { image: { layout } })
  if (!image) throw new Error(`limine-c does not build: ${JSON.stringify(result.problems, undefined, 1)}`)
  return image
}

/** A machine whose COM1 is listened to. */
class Guest {
  readonly machine: Machine
  serial = ''
  outcome: Outcome | undefined
  readonly #typist: Typist
  readonly #start = process.cpuUsage().user

  constructor(roms: Roms, image: Uint8Array, drives: readonly ExtraDrive[] = []) {
    this.machine = new Machine({
      image, drives, roms, memoryBytes: 128 << 20, backend: DEFAULT_BACKEND, startDate: Date.UTC(2026, 0, 1),
      onSerial: (byte) => (this.serial += String.fromCharCode(byte)),
      onDebugConsole: () => undefined,
    })
    this.#typist = new Typist(this.machine)
  }

  /** Lets it run until COM1 got the text once more, or the machine ended. @param seconds of the guest's time, at most */
  until(text: string, seconds: number): this {
    const end = this.machine.now + seconds * TICKS_PER_SECOND
    const count = (): number => this.serial.split(text).length
    for (const before = count(); this.outcome === undefined && count() === before; ) {
      if (this.machine.now > end) throw new Error(`${JSON.stringify(text)} did not come; COM1 got:\n${this.serial}`)
      this.outcome = this.machine.run(LOOK_MS * TICKS_PER_MILLISECOND)
    }
    return this
  }

  /** On the keyboard, as `--keys` does it. */
  type(line: string): this {
    this.#typist.type(`${line}\n`)
    const end = this.machine.now + LINE_SECONDS * TICKS_PER_SECOND
    while (this.#typist.pending && this.outcome === undefined) {
      if (this.machine.now > end) throw new Error(`${JSON.stringify(line)} was not taken; COM1 got:\n${this.serial}`)
      this.wait(LOOK_MS)
    }
    return this
  }

  wait(milliseconds: number): this {
    for (let time = 0; time < milliseconds && this.outcome === undefined; time += LOOK_MS) this.outcome = this.machine.run(LOOK_MS * TICKS_PER_MILLISECOND)
    return this
  }

  get climb() {
    return { outcome: this.outcome, lines: [], serial: this.serial, screen: this.machine.screen, guestSeconds: this.machine.now / TICKS_PER_SECOND, hostSeconds: (process.cpuUsage().user - this.#start) / 1e6 }
  }
}

function pixelsOf({ machine: { screen } }: Guest): { width: number; height: number; pixels: Uint8Array } {
  if (screen.mode !== 'graphics') throw new Error('The screen is in text mode.')
  return screen
}

/** Scan lines of what the shell says of itself. */
const BANNER_LINES = 105

describe.skipIf(!hasFirmware('UEFI x64') || !existsSync(WHOLE))('OVMF', () => {
  test('comes to its shell, on the same screen as in QEMU, which starts our loader from a CD', { timeout: LIMIT }, async () => {
    const roms = await readRoms(CODE)
    expect(roms.variables).toEqual(new Uint8Array(readFileSync(CODE.replace('CODE', 'VARS'))))
    const [blank, cd] = [new Uint8Array(1 << 20), await limineImage('iso')]
    const guest = new Guest(roms, blank, [{ image: cd, medium: 'cd', readOnly: true }]).until(PROMPT, 60)
    // OVMF has written what it found to boot into the flash memory, not into what it was given.
    expect(guest.machine.variables?.modified).toBe(true)
    expect(Buffer.from(guest.machine.variables?.contents ?? []).includes(Buffer.from('EFI Internal Shell', 'utf16le'))).toBe(true)
    expect(Buffer.from(roms.variables ?? []).includes(Buffer.from('EFI Internal Shell', 'utf16le'))).toBe(false)
    const shell = pixelsOf(guest)
    const climb = guest.climb
    // It has connected only what it is told to boot from.
    for (const line of ['connect -r', 'map -r']) guest.type(line).until(PROMPT, 60)
    guest.type('fs0:efi\\boot\\bootx64').until(DONE, 60).wait(1000)
    expect(guest.outcome).toEqual(GOOD)

    if (findQemu() === undefined) {
      console.log(told('OVMF to its shell', climb))
      return
    }
    const start = performance.now()
    const judge = await bootImage(blank, { timeoutMs: 100_000, firmware: 'UEFI x64', untilText: PROMPT, lingerMs: 300, picture: true })
    console.log(told('OVMF to its shell', climb, (performance.now() - start) / 1000))
    expect([shell.width, shell.height]).toEqual([judge.picture?.width, judge.picture?.height])
    // Above the list of drives, which has the CD here.
    const banner = BANNER_LINES * shell.width * 3
    expect(Buffer.compare(shell.pixels.subarray(0, banner), (judge.picture?.pixels ?? new Uint8Array()).subarray(0, banner))).toBe(0)
  })

  test('starts our loader from a disk by itself, as a ROM without variables', { timeout: LIMIT }, async () => {
    const image = await limineImage('mbr')
    const guest = new Guest(await readRoms(WHOLE), image).until(DONE, 60)
    expect(guest.wait(1000).outcome).toEqual(GOOD)
    // In the framebuffer that the loader got from UEFI, in the middle, it has drawn a square: this is one of its pixels.
    const { width, height, pixels } = pixelsOf(guest)
    const at = 3 * ((height / 2 + 30) * width + width / 2 + 36)
    expect([...pixels.subarray(at, at + 3)]).toEqual([16, 200, 140])
    console.log(told('OVMF to a kernel', guest.climb))
  })
})
