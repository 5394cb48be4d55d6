/** Where the machine's serial ports and its printer port go: `--serial`, once for each port as with QEMU, and `--parallel`. */
import type { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { LabError } from '../shared/failure'
import { type OutputPort, SERIAL_PORTS, type SerialPort } from '../shared/machine-schemas'

type FileStream = ReturnType<typeof createWriteStream>

export interface PortOptions {
  /** For COM1, COM2, … in their order: `stdio`, `null`, or a file's name. */
  serial?: readonly string[]
  /** The same for LPT1. */
  parallel?: string
}

/** @throws LabError for too many ports, or two of them on standard output */
function placesOf({ serial = [], parallel }: PortOptions): Map<OutputPort, string> {
  if (serial.length > SERIAL_PORTS.length) throw new LabError({ code: 'usage', what: `--serial is given ${serial.length} times; the PC has ${SERIAL_PORTS.length} serial ports.`, next: 'Give it once for each port, COM1 first.' })
  const places = new Map<OutputPort, string>()
  SERIAL_PORTS.forEach((port, index) => {
    const where = serial[index]
    if (where !== undefined) places.set(port, where)
  })
  if (parallel !== undefined) places.set('lpt1', parallel)
  if ([...places.values()].filter((where) => where === 'stdio').length > 1) {
    throw new LabError({ code: 'usage', what: 'Two ports are to have standard output.', why: 'What they send would run into each other.', next: 'Give one of them a file, or null for nothing.' })
  }
  return places
}

export class PortOutputs {
  readonly #places: ReadonlyMap<OutputPort, string>
  readonly #files = new Map<OutputPort, FileStream>()

  private constructor(places: ReadonlyMap<OutputPort, string>) {
    this.#places = places
  }

  /** Opens the files, which are emptied. @throws LabError */
  static async open(options: PortOptions, openFile: (path: string) => Promise<FileStream>): Promise<PortOutputs> {
    const outputs = new PortOutputs(placesOf(options))
    for (const [port, where] of outputs.#places) if (where !== 'stdio' && where !== 'null') outputs.#files.set(port, await openFile(where))
    return outputs
  }

  get usesStdio(): boolean {
    return [...this.#places.values()].includes('stdio')
  }

  /** The serial port that standard input goes to. */
  get stdin(): SerialPort | undefined {
    return SERIAL_PORTS.find((port) => this.#places.get(port) === 'stdio')
  }

  /** Resolves when the bytes are written. @param toStdout whether standard output takes any */
  write(port: OutputPort, bytes: Uint8Array, toStdout: boolean): Promise<void> | undefined {
    const stream = this.#files.get(port) ?? (toStdout && this.#places.get(port) === 'stdio' ? process.stdout : undefined)
    // A failure is told by the stream's own event.
    return stream && new Promise((resolve) => stream.write(bytes, () => resolve()))
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await finished(file.end())
  }
}
