/** A machine with a boot sector of a few bytes, for tests of the debugger. */
import type { BackendName, MachineOptions } from '../../machine/machine'
import { Machine } from '../../machine/machine'

export const BACKENDS: readonly BackendName[] = ['block', 'interp', 'oracle']
export const START = 0x7c00

export function bootSector(code: readonly number[]): Uint8Array {
  const sector = new Uint8Array(512)
  sector.set(code)
  sector.set([0x55, 0xaa], 510)
  return sector
}

/** Stands before the first instruction of the code, at 7C00h. */
export function guest(code: readonly number[], backend: BackendName = 'interp', more: Partial<MachineOptions> = {}): Machine {
  const machine = new Machine({
    image: bootSector(code), memoryBytes: 4 << 20, backend, startDate: 0, pauseAt: 'boot-sector', onSerial: () => undefined, onDebugConsole: () => undefined, ...more,
  })
  machine.run(100_000_000)
  return machine
}

/** Runs on until it is paused again or at its end. */
export function goOn(machine: Machine, ticks = 1_000_000_000): Machine {
  machine.control.resume()
  machine.run(ticks)
  return machine
}
