/**
 * SeaBIOS with its video BIOS, as ROMs from Debian's package, in the place of Bootlab's own firmware: it sets up the PCI bus, finds disk, diskette and CD
 * on their controllers, and boots the images of templates from them to the same text. About 10 s alone.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createProject, listTemplates } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { readRoms } from '../../src/main/services/firmware-files'
import { locate } from '../../src/main/services/locations'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine } from '../../src/main/emulator/machine/machine'
import type { ImageLayout } from '../../src/shared/image'
import type { Screen } from '../../src/shared/machine-schemas'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { runInOwnPc } from './own-pc'

const BIOS = '/usr/share/seabios/bios-256k.bin'
/** SeaBIOS of 128 KiB, which lies below 1 MiB whole. */
const SMALL_BIOS = '/usr/share/seabios/bios.bin'
const isThere = existsSync(BIOS)
if (process.env['CI'] && !isThere) throw new Error(`${BIOS} is not there, and CI needs it: install seabios.`)

const TIMEOUT_MS = 120_000
const SECONDS = 10
const templatesDir = join(locate().resources, 'templates')
const folder = mkdtempSync(join(tmpdir(), 'bootlab-seabios-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What it says of the board, as in QEMU. */
const BOARD = ['Running on QEMU (i440fx)', 'QEMU fw_cfg DMA interface supported', 'bdf=00:02.0  bar 0, addr fd000000, size 01000000 [prefmem]', 'VBE DISPI: lfb_addr=fd000000, size 16 MB']

let made = 0

async function imageOf(template: string, layout?: ImageLayout): Promise<Uint8Array> {
  const dir = join(folder, `${++made}`)
  await createProject({ templatesDir, template, dir })
  const { result, image } = await new Builder().build(dir, layout === undefined ? {} : { image: { layout } })
  if (!image) throw new Error(`${template} does not build: ${JSON.stringify(result.problems, undefined, 1)}`)
  return image
}

/** Where SeaBIOS lets power management answer. */
const PM_PORTS = 0x600

/** The address of ACPI's FACS: by the root pointer in the ROM's area, the RSDT, and the FADT, which comes first there. */
function facsOf({ memory }: Machine): number {
  for (let at = 0xe_0000; at < 0x10_0000; at += 16) {
    if (Buffer.from(memory.readBytes(at, 8)).toString('latin1') === 'RSD PTR ') return memory.read32(memory.read32(memory.read32(at + 16) + 36) + 36)
  }
  throw new Error('There is no root pointer.')
}

const cellsOf = (screen: Screen): number[] => (screen.mode === 'text' ? screen.cells : [])

describe.skipIf(!isThere)('SeaBIOS', () => {
  test.each([
    ['mbr', BIOS, 'Booting from Hard Disk'],
    ['floppy', BIOS, 'Booting from Floppy'],
    ['iso', BIOS, 'Booting from DVD/CD'],
    ['mbr', SMALL_BIOS, 'Booting from Hard Disk'],
  ] as const)('boots the smallest kernel from %s (%s) to the screen that our own firmware gives', { timeout: TIMEOUT_MS }, async (layout, bios, told) => {
    const image = await imageOf('miniboot-c', layout)
    const options = { backend: DEFAULT_BACKEND, seconds: SECONDS, untilText: 'Hello, World !!' } as const
    const run = runInOwnPc(image, { ...options, roms: await readRoms(bios) })
    for (const line of [told, ...(bios === BIOS ? BOARD : [])]) expect(run.debugPort).toContain(line)
    expect(run.screenFlow).toContain('Hello, World !!')
    expect(cellsOf(run.screen)).toEqual(cellsOf(runInOwnPc(image, options).screen))
  })

  test('leads a system that wakes from sleep state S3 to its waking vector', { timeout: TIMEOUT_MS }, async () => {
    const image = new Uint8Array(1 << 20)
    // cli; jmp $
    image.set([0xfa, 0xeb, 0xfe])
    image.set([0x55, 0xaa], 510)
    let told = ''
    const machine = new Machine({ image, memoryBytes: 64 << 20, backend: 'interp', startDate: 0, roms: await readRoms(BIOS), onSerial: () => undefined, onDebugConsole: (byte) => (told += String.fromCharCode(byte)) })
    const comesTo = (address: bigint): void => {
      for (let left = 1000; left > 0 && machine.cpu.codeAddress !== address; left--) machine.run(TICKS_PER_SECOND / 100)
      expect(machine.cpu.codeAddress).toBe(address)
    }
    comesTo(0x7c01n)
    const facs = facsOf(machine)
    machine.memory.writeBytes(0x8123, Uint8Array.of(0xeb, 0xfe))
    machine.memory.write32(facs + 12, 0x8123)
    machine.bus.write(PM_PORTS + 4, 2, 0x2400)
    machine.run(TICKS_PER_SECOND)
    expect(machine.acpi.asleep).toBe(true)
    machine.kbc.keyboard.key('Enter', true)
    comesTo(0x8123n)
    expect(told).toContain('Jump to resume vector (8123)')
    expect(machine.cpuMode).toBe('real')
  })

  test.each(['boot-sector', 'interrupts-c'])('serves %s, which reads the keyboard', { timeout: TIMEOUT_MS }, async (id) => {
    const template = (await listTemplates(templatesDir)).find((one) => one.id === id)
    if (!template?.try) throw new Error(`The template ${id} takes no keys.`)
    // No more at once than the keyboard keeps.
    const typed = [
      { afterText: template.prints, keys: ['KeyA', 'KeyB', 'KeyC'] },
      { afterText: 'abc', keys: ['Space', 'Digit1', 'Digit2', 'Digit3'] },
      { afterText: 'abc 123', keys: ['Enter'] },
    ]
    const run = runInOwnPc(await imageOf(id), { backend: DEFAULT_BACKEND, seconds: SECONDS, roms: await readRoms(BIOS), typed, untilText: template.try.shows })
    expect(run.screenFlow).toContain(template.try.shows)
  })

  test('starts anew from its ROM when the chipset resets the PC', { timeout: TIMEOUT_MS }, async () => {
    let told = ''
    const machine = new Machine({
      image: await imageOf('miniboot-c'), roms: await readRoms(BIOS), memoryBytes: 32 << 20, backend: DEFAULT_BACKEND, startDate: 0,
      onSerial: () => undefined, onDebugConsole: (byte) => (told += String.fromCharCode(byte)),
    })
    const boots = (): number => told.split('Booting from 0000:7c00').length - 1
    const runUntil = (count: number): void => {
      for (let i = 0; i < 1000 && boots() < count; i++) machine.run(TICKS_PER_SECOND / 1000)
    }
    runUntil(1)
    // What the BIOS has in RAM is not what it starts from.
    machine.memory.writeBytes(0xe0000, new Uint8Array(0x10000).fill(0xf4))
    machine.bus.write(0xcf9, 1, 0x06)
    runUntil(2)
    expect([boots(), told.split('Running on QEMU').length - 1]).toEqual([2, 2])
  })
})

test('a file that is no BIOS is refused', async () => {
  const path = join(folder, 'short.bin')
  await expect(readRoms(path)).rejects.toThrow('cannot be read')
  await expect(readRoms(join(templatesDir, 'boot-sector', 'template.json'))).rejects.toThrow('whole pages')
  if (isThere) await expect(readRoms(BIOS, BIOS)).rejects.toThrow('no option ROM')
})
