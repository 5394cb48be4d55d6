/** What armed breakpoints and watched memory cost a guest that computes, as time ÷ time without; and how quickly single steps go. */
import type { MachineBreakpoint } from '../../src/shared/debug'
import { Machine } from '../../src/main/emulator/machine/machine'
import type { Builder } from '../../src/main/services/builder'
import { buildWorkload } from './workload-images'

const MEMORY_BYTES = 128 << 20
/** Into the workload, past the boot. */
const WARM_TICKS = 30_000_000
const MEASURED_TICKS = 60_000_000
const STEPS = 20_000
const PAGE = 0x1000n
const RSP = 4

export interface DebuggerFigure {
  readonly what: string
  readonly milliseconds: number
  readonly ratio: number
}

const hex = (value: bigint): string => `0x${value.toString(16)}`
const never = { when: 'only', count: 1e9 } as const

export async function measureDebugger(builder: Builder, rounds: number, tell: (figure: DebuggerFigure) => void): Promise<{ stepsPerSecond: number }> {
  const { image } = await buildWorkload(builder, 'calls', 64)
  const warm = (): Machine => {
    const machine = new Machine({ image, memoryBytes: MEMORY_BYTES, backend: 'interp', startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined })
    machine.run(WARM_TICKS)
    return machine
  }
  const { cpu } = warm()
  const [hot, stack] = [cpu.codeAddress, cpu.state.gpr(RSP)]
  const cases: readonly (readonly [what: string, spec: MachineBreakpoint | undefined])[] = [
    ['nothing armed', undefined],
    ['a code breakpoint that is never reached', { kind: 'code', addresses: [hex((hot & ~0xfffn) + 16n * PAGE + 0xffbn)] }],
    ['the same, at the page offset of a hot instruction', { kind: 'code', addresses: [hex(hot + 16n * PAGE)] }],
    ['a hot instruction, counted and passed', { kind: 'code', addresses: [hex(hot)] }],
    ['watched memory on a page that is not used', { kind: 'data', space: 'linear', address: hex(stack - 64n * PAGE), bytes: 8, access: 'any' }],
    ['watched memory on the page of the stack', { kind: 'data', space: 'linear', address: hex(stack & ~0xfffn), bytes: 8, access: 'any' }],
    ['a port that is not used', { kind: 'port', first: 0x300, last: 0x300, direction: 'any' }],
  ]
  let base = Number.NaN
  for (const [what, spec] of cases) {
    let best = Infinity
    for (let round = 0; round < rounds; round++) {
      const machine = warm()
      if (spec) machine.control.breakpoints.set({ spec, condition: never })
      const started = performance.now()
      machine.run(MEASURED_TICKS)
      best = Math.min(best, performance.now() - started)
    }
    if (spec === undefined) base = best
    tell({ what, milliseconds: best, ratio: best / base })
  }
  const machine = warm()
  machine.control.pause({ type: 'user' })
  const started = performance.now()
  for (let count = 0; count < STEPS; count++) {
    machine.control.step('into')
    machine.run(1000)
  }
  return { stepsPerSecond: STEPS / ((performance.now() - started) / 1000) }
}
