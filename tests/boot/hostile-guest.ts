/** Machines that run hostile-guest.S, one after the other, and what came of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { FORCED, startMachine } from '../../src/main/emulator/host/handle'
import type { RunReport } from '../../src/main/emulator/host/options'
import { assembleFlat } from '../../src/main/toolchain'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { blamed, stopwatch, type Lap } from '../support/stopwatch'
import source from './hostile-guest.S?raw'

export const HOSTILE_MODES = [16, 32, 64] as const
export type HostileMode = (typeof HOSTILE_MODES)[number]

const SEED_AT = 504
const MEMORY_BYTES = 16 << 20
const LINKER_SCRIPT = 'ENTRY(start) SECTIONS { . = 0x7c00; .text : { *(.text) } }'
/** Odd, so that all seeds differ and none is zero. */
const SEED_STEP = 0x9e37_79b1

export async function hostileImage(mode: HostileMode, seed: number): Promise<Uint8Array> {
  const assembled = await assembleFlat({ sources: [{ name: 'hostile.S', text: source }], defines: { BITS: mode }, linkerScript: LINKER_SCRIPT })
  const image = Uint8Array.from(assembled.subarray(0, 512))
  new DataView(image.buffer).setUint32(SEED_AT, Math.imul(seed + 1, SEED_STEP), true)
  return image
}

export interface Attack {
  readonly machines: number
  readonly instructions: number
  /** How often a machine ended by itself, by reason. */
  readonly ends: ReadonlyMap<RunReport['reason'], number>
  /** Reports of defects of the emulator. */
  readonly defects: readonly string[]
  /** Longest time from `stop` to the end, as `blamed` counts. */
  readonly slowestStop: Lap
  /** Machines whose thread did not answer in time. */
  readonly forced: number
  /** What this process holds more than after the first machine, in bytes. */
  readonly memoryGrowth: number
}

/**
 * Starts hostile machines for `milliseconds`; the last one lives on to its end.
 * @param life longest time of one machine, in milliseconds; then it is stopped
 */
export async function attack(mode: HostileMode, milliseconds: number, life: number, workerUrl: URL, firstSeed = 0): Promise<Attack> {
  const ends = new Map<RunReport['reason'], number>()
  const defects: string[] = []
  let [machines, instructions, forced, memoryBefore] = [0, 0, 0, 0]
  let slowestStop: Lap = { wall: 0, processor: 0 }
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline; machines++) {
    const image = await hostileImage(mode, firstSeed + machines)
    const { report, stopTook } = await runOne(image, life, workerUrl)
    instructions += report.instructions
    ends.set(report.reason, (ends.get(report.reason) ?? 0) + 1)
    if (report.reason === 'emulator-error') defects.push(`seed ${firstSeed + machines}: ${report.lines.join('\n')}`)
    if (report.summary === FORCED) forced++
    if (blamed(stopTook) > blamed(slowestStop)) slowestStop = stopTook
    if (machines === 0) memoryBefore = process.memoryUsage().rss
  }
  return { machines, instructions, ends, defects, slowestStop, forced, memoryGrowth: Math.max(0, process.memoryUsage().rss - memoryBefore) }
}

async function runOne(image: Uint8Array, life: number, workerUrl: URL): Promise<{ report: RunReport; stopTook: Lap }> {
  const stopSleep = new AbortController()
  let finish: ((report: RunReport) => void) | undefined
  const ended = new Promise<RunReport>((resolve) => (finish = resolve))
  let begin: (() => void) | undefined
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const machine = startMachine(
    { image, memoryBytes: MEMORY_BYTES, backend: DEFAULT_BACKEND, pace: 'fast' },
    {
      screen: () => undefined,
      serial: () => undefined,
      state: () => begin?.(),
      end: (report) => {
        begin?.()
        stopSleep.abort()
        finish?.(report)
      },
    },
    workerUrl,
  )
  // Its life counts from its first instructions, not from the start of the thread.
  await begun
  await sleep(life, undefined, { signal: stopSleep.signal }).catch((error: unknown) => {
    if (!stopSleep.signal.aborted) throw error
  })
  const stopTime = stopwatch()
  machine.stop()
  const report = await ended
  return { report, stopTook: stopTime() }
}
