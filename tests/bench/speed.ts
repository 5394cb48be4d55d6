/**
 * How quickly guests compute, and what single operations cost: every workload on our translating backend and our interpreter, QEMU's translator and v86, in
 * turns. A machine boots one image for each mode, which runs all workloads one after the other.
 */
import { Machine } from '../../src/main/emulator/machine/machine'
import type { BackendName } from '../../src/main/emulator/machine/machine'
import { rehearseTranslation } from '../../src/main/emulator/cpu/jit/rehearsal'
import type { Builder } from '../../src/main/services/builder'
import type { Peer } from './peers'
import { type Bits, buildWorkloads, type Workload, type WorkloadImage, workloadsOf } from './workload-images'

const MEMORY_BYTES = 128 << 20
/** The interpreter does so much less of everything. */
const INTERPRETER_SHARE = 1 / 20
const OURS = 'ours'
/** So long the lab's worker rehearses translation while it waits for a machine. */
const REHEARSED_MS = 300
export const INTERPRETER = 'our interpreter'

export interface SpeedFigure {
  readonly workload: Workload
  readonly bits: Bits
  /** On the translating backend, and how many instructions those were. */
  readonly milliseconds: number
  readonly instructions: number
  /** Of the same work, by machine. */
  readonly peers: ReadonlyMap<string, number>
}

interface Reading {
  readonly milliseconds: number
  readonly checksum: string
  readonly instructions: number
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN
/** Geometric. */
export const mean = (list: readonly number[]): number => Math.exp(list.reduce((sum, value) => sum + Math.log(value), 0) / list.length)

/** What workloads say on COM1: each its name, S when it starts, E when it ended, its checksum, and the end of the line. */
class Readings {
  readonly read = new Map<string, Reading>()
  readonly #count: number
  readonly #instructions: () => number
  #name = ''
  #checksum = ''
  #started = Number.NaN
  #milliseconds = Number.NaN
  #first = 0
  #last = 0

  /** @param count of the workloads @param instructions executed so far, where that is known */
  constructor(count: number, instructions = (): number => 0) {
    this.#count = count
    this.#instructions = instructions
  }

  /** Takes a byte; false when all was said. */
  take(byte: number): boolean {
    const mark = String.fromCharCode(byte)
    if (mark === 'S') {
      this.#first = this.#instructions()
      this.#started = performance.now()
    } else if (mark === 'E') {
      this.#milliseconds = performance.now() - this.#started
      this.#last = this.#instructions()
    } else if (mark === '\n') {
      this.read.set(this.#name, { milliseconds: this.#milliseconds, checksum: this.#checksum, instructions: this.#last - this.#first })
      this.#name = this.#checksum = ''
      this.#started = this.#milliseconds = Number.NaN
    } else if (Number.isNaN(this.#started)) this.#name += mark
    else this.#checksum += mark
    return this.read.size < this.#count
  }
}

function runOurs({ image }: WorkloadImage, count: number, backend: BackendName): Readings {
  const readings: Readings = new Readings(count, () => machine.instructions)
  const machine = new Machine({ image, memoryBytes: MEMORY_BYTES, backend, startDate: 0, onDebugConsole: () => undefined, onSerial: (byte) => void readings.take(byte) })
  while (machine.run(1_000_000) === undefined);
  if (machine.outcome?.reason !== 'debug-exit') throw new Error(`The workloads ended with ${machine.outcome?.reason} after ${[...readings.read.keys()].join(', ')}.`)
  return readings
}

async function runPeer({ boot }: Peer, { path }: WorkloadImage, count: number): Promise<Readings> {
  const readings = new Readings(count)
  await boot(path, (byte) => readings.take(byte))
  return readings
}

export async function measureSpeed(builder: Builder, peers: readonly Peer[], rounds: number, tell: (figure: SpeedFigure) => void): Promise<SpeedFigure[]> {
  const figures: SpeedFigure[] = []
  const rehearsal = rehearseTranslation()
  for (const end = performance.now() + REHEARSED_MS; performance.now() < end; rehearsal.next());
  for (const bits of [16, 32, 64] satisfies Bits[]) {
    const workloads = workloadsOf(bits)
    const image = await buildWorkloads(builder, bits, workloads)
    /** By machine and workload. */
    const times = new Map<string, number[]>()
    const note = (machine: string, { read }: Readings): void => {
      for (const [name, { milliseconds }] of read) times.set(`${machine} ${name}`, [...(times.get(`${machine} ${name}`) ?? []), milliseconds])
    }
    let ours = new Map<string, Reading>()
    for (let round = 0; round < rounds; round++) {
      // Fresh each time: what is translated in one run is translated anew in the next.
      const run = runOurs(image, workloads.length, 'block')
      ours = run.read
      note(OURS, run)
      for (const peer of peers) {
        if (bits === 64 && peer.only32) continue
        const theirs = await runPeer(peer, image, workloads.length)
        for (const [name, { checksum }] of theirs.read) if (checksum !== ours.get(name)?.checksum) throw new Error(`${name}: ${peer.name} computes ${checksum}, we ${ours.get(name)?.checksum}.`)
        note(peer.name, theirs)
      }
    }
    const fewer = workloads.map((workload) => ({ ...workload, units: Math.max(1, Math.round(workload.units * INTERPRETER_SHARE)) }))
    const interpreted = runOurs(await buildWorkloads(builder, bits, fewer), fewer.length, 'interp').read
    workloads.forEach((workload, index) => {
      const { name, units } = workload
      const theirs = new Map(peers.flatMap((peer) => {
        const list = times.get(`${peer.name} ${name}`)
        return list === undefined ? [] : [[peer.name, median(list)]]
      }))
      const slow = interpreted.get(name)
      if (slow !== undefined) theirs.set(INTERPRETER, (slow.milliseconds * units) / (fewer[index]?.units ?? 1))
      const figure = { workload, bits, milliseconds: median(times.get(`${OURS} ${name}`) ?? []), instructions: ours.get(name)?.instructions ?? 0, peers: theirs }
      tell(figure)
      figures.push(figure)
    })
  }
  return figures
}
