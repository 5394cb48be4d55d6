/** INT 17h, printer, and INT 05h, print screen (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference): LPT1. */
import type { IoBus } from '../machine/io-bus'
import { BDA, PRINT_SCREEN_STATUS } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'

const STROBE = 0x01
/** Control register: selected, initialize not asked for. */
const SELECTED = 0x0c
const INITIALIZE = 0x08
const READY = 0x80
const TIMEOUT = 0x01
/** Acknowledge and error are low when they are there. */
const INVERTED = 0x48
const STATUS_BITS = 0xf8
const CELL_BYTES = 2
const TEXT_MEMORY = 0xb8000
const MOST_COLUMNS = 132
const MOST_ROWS = 60
/** Modes with cells of text. */
const LAST_TEXT_MODE = 3
const MONOCHROME = 7

const Screen = { done: 0x00, printing: 0x01, failed: 0xff } as const

/** A pulse on the printer's INIT line; until then it is busy. @param port base of its registers */
export function initializePrinter(ports: IoBus, port: number): void {
  ports.write8(port + 2, INITIALIZE)
  ports.write8(port + 2, SELECTED)
}

export interface Printer {
  readonly service: Service
  readonly printScreen: Service
}

export function printer({ memory, ports }: FirmwareHost): Printer {
  /** Base port of LPT1 to LPT3, as the data area has it; 0: none. */
  const portOf = (number: number): number => (number < 3 ? memory.read16(BDA.lpt1 + number * 2) : 0)
  const status = (port: number): number => (ports.read8(port + 1) ^ INVERTED) & STATUS_BITS
  /** The status after it; the last bit is set when the printer was not ready. */
  const print = (port: number, byte: number): number => {
    if ((ports.read8(port + 1) & READY) === 0) return status(port) | TIMEOUT
    ports.write8(port, byte)
    ports.write8(port + 2, SELECTED | STROBE)
    ports.write8(port + 2, SELECTED)
    return status(port)
  }

  const functions: Readonly<Record<number, (call: FirmwareCall, port: number) => number>> = {
    0x00: (call, port) => print(port, call.al),
    0x01: (_call, port) => {
      initializePrinter(ports, port)
      return status(port)
    },
    0x02: (_call, port) => status(port),
  }

  const printText = (port: number): boolean => {
    // The program may have written anything there.
    const columns = Math.min(memory.read16(BDA.columns), MOST_COLUMNS)
    const rows = Math.min(memory.read8(BDA.lastRow) + 1, MOST_ROWS)
    const start = TEXT_MEMORY + memory.read16(BDA.pageStart)
    const line = (row: number): number[] => Array.from({ length: columns }, (_, column) => memory.read8(start + (row * columns + column) * CELL_BYTES) || 0x20)
    const bytes = [0x0d, 0x0a, ...Array.from({ length: rows }, (_, row) => [...line(row), 0x0d, 0x0a]).flat()]
    return bytes.every((byte) => (print(port, byte) & TIMEOUT) === 0)
  }

  return {
    service: (call) => {
      const port = portOf(call.dx)
      const serve = functions[call.ah]
      if (port === 0 || !serve) call.ah = TIMEOUT
      else call.ah = serve(call, port)
    },
    printScreen: () => {
      if (memory.read8(PRINT_SCREEN_STATUS) === Screen.printing) return
      const mode = memory.read8(BDA.videoMode)
      const port = portOf(0)
      const isText = mode <= LAST_TEXT_MODE || mode === MONOCHROME
      memory.write8(PRINT_SCREEN_STATUS, Screen.printing)
      memory.write8(PRINT_SCREEN_STATUS, port !== 0 && isText && printText(port) ? Screen.done : Screen.failed)
    },
  }
}
