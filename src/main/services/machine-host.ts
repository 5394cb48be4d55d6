/** Starts machines in worker threads. */
import { DEFAULT_BACKEND } from '../../shared/machine-schemas'
import { pathToFileURL } from 'node:url'
import { prepareMachine, startMachine } from '../emulator/host/handle'
import type { StartOptions } from '../emulator/host/options'
import { locate } from './locations'
import type { MachineStarter } from './machines'

export type { RunReport, StartOptions } from '../emulator/host/options'
export type { RegionDump } from '../emulator/cpu/jit/region-text'

const workerUrl = (): URL => pathToFileURL(locate().emulatorWorker)

export const startInWorker: MachineStarter = (options, listener) => startMachine(options, listener, workerUrl())

/** A boot sector that stays where it is: most of what a boot needs comes before it, in the BIOS. */
const nothing = new Uint8Array(512)
nothing.set([0xeb, 0xfe])
nothing.set([0x55, 0xaa], 510)

/** For a project that was not booted yet. */
export const FIRST_REHEARSAL: StartOptions = { image: nothing, memoryBytes: 16 << 20, backend: DEFAULT_BACKEND, pace: 'realtime' }

/** Has a worker wait for the next machine, so that it is ready when the build is. */
export const prepareWorker = (rehearsal?: StartOptions): void => prepareMachine(workerUrl(), rehearsal)
