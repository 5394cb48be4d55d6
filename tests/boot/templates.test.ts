/**
 * Every template, as a person makes it: created, built, and the very image file booted in QEMU and in our own PC (both backends). The
 * judge of the screen is QEMU: the same cells, characters and colours.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BACKENDS } from '../../src/shared/machine-schemas'
import { startInProcess } from '../../src/main/emulator/host/session'
import type { RunReport } from '../../src/main/emulator/host/options'
import type { TextScreen } from '../../src/shared/machine-schemas'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { bootInQemu, findQemu } from '../support/qemu'
import { templateImages } from './template-images'

interface OwnRun {
  report: RunReport
  screen: TextScreen
  serial: string
}

function bootHere(image: Uint8Array, backend: (typeof BACKENDS)[number], untilText: string, keys: string | undefined): Promise<OwnRun> {
  return new Promise((resolve, reject) => {
    let screen: TextScreen | undefined
    let serial = ''
    startInProcess(
      { image, memoryBytes: 128 << 20, backend, pace: 'fast', untilText, timeoutMilliseconds: 110_000, ...(keys === undefined ? {} : { keys }) },
      {
        screen(shown) {
          if (shown.mode === 'text') screen = shown
        },
        serial: (port, bytes) => void (serial += port === 'com1' ? Buffer.from(bytes).toString('latin1') : ''),
        state: () => undefined,
        end: (report) => (screen ? resolve({ report, screen, serial }) : reject(new Error(`The machine ended without a screen: ${report.summary}`))),
      },
    )
  })
}

/** What these execute takes the oracle up to a minute; of the others it has every kind. */
const LONG_ON_ORACLE: ReadonlySet<string> = new Set(['testing-rust', 'vga-text-rust', 'paging-rust', 'limine-c'])

/** The last row with anything on it, and all above. */
const written = (cells: ArrayLike<number>): number[] => {
  const list = Array.from(cells)
  while (list.length > 0 && (list.at(-1) ?? 0) % 256 === 32) list.pop()
  return list
}

describe.each(await templateImages())('template $template.id', ({ template, skip, path: imageOf }) => {
  const { id, prints, exitCode } = template
  const keys = template.try
  const wanted = keys?.shows ?? prints

  it.skipIf(skip)('builds', { timeout: 300_000 }, async () => {
    expect(readFileSync(await imageOf()).length % 512).toBe(0)
  })

  it.skipIf(skip).each(BACKENDS.filter((backend) => backend !== 'oracle' || !LONG_ON_ORACLE.has(id)))('shows its text in our own PC (%s)', { timeout: 120_000 }, async (backend) => {
    const { report, serial } = await bootHere(readFileSync(await imageOf()), backend, wanted, keys?.type)
    if (exitCode === undefined) return expect(report).toMatchObject({ reason: 'until-text' })
    expect(report).toMatchObject({ reason: 'debug-exit', exitCode })
    expect(serial).toContain(prints)
  })

  it.skipIf(skip || findQemu() === undefined)('does the same in QEMU', { timeout: 120_000 }, async () => {
    const path = await imageOf()
    const { screen, serial } = await bootHere(readFileSync(path), DEFAULT_BACKEND, wanted, keys?.type)
    const qemu = await bootInQemu(path, { untilText: wanted, timeoutMs: 60_000, ...(keys && { keys: { afterText: prints, text: keys.type } }) })
    if (exitCode !== undefined) {
      expect(qemu.exit).toEqual({ reason: 'debug-exit', code: exitCode })
      expect(qemu.serial).toBe(serial)
      return
    }
    expect(qemu.exit).toEqual({ reason: 'text' })
    // A kernel that clears the screen fills all of it; others write over what the firmware left, which is not ours to compare.
    const at = Array.from(qemu.screenCells, (cell) => String.fromCharCode(cell & 0xff)).join('').indexOf(wanted)
    const here = screen.cells.map((cell) => String.fromCharCode(cell & 0xff)).join('').indexOf(wanted)
    expect(at).toBeGreaterThanOrEqual(0)
    expect(Array.from(qemu.screenCells).slice(at, at + wanted.length)).toEqual(screen.cells.slice(here, here + wanted.length))
    if (id === 'miniboot-c') expect(written(screen.cells)).toEqual(written(qemu.screenCells))
  })
})
