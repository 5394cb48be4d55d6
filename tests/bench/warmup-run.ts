/**
 * A process of `warmup.ts`: boots an image that runs a unit of work again and again, for some seconds, and prints when each ended, in milliseconds since the
 * first began, as JSON. A process each time, because what Node compiled for one run is there for the next.
 *   node scripts/run.mjs tests/bench/warmup-run.ts IMAGE BACKEND
 */
import { readFileSync } from 'node:fs'
import { BACKENDS, DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { Machine } from '../../src/main/emulator/machine/machine'

const [path = '', name] = process.argv.slice(2)
const SECONDS = 3
const ends: number[] = []
let started: number | undefined
const machine = new Machine({
  image: new Uint8Array(readFileSync(path)),
  memoryBytes: 128 << 20,
  backend: BACKENDS.find((backend) => backend === name) ?? DEFAULT_BACKEND,
  startDate: 0,
  onDebugConsole: () => undefined,
  onSerial: (byte) => {
    if (byte === 0x53) started ??= performance.now()
    if (byte === 0x45 && started !== undefined) ends.push(performance.now() - started)
  },
})
while (machine.run(100_000) === undefined && (started === undefined || performance.now() - started < SECONDS * 1000));
console.log(JSON.stringify(ends))
