/** Starts machines in worker threads. */
import { pathToFileURL } from 'node:url'
import { startMachine } from '../emulator/host/handle'
import { locate } from './locations'
import type { MachineStarter } from './machines'

export type { RunReport } from '../emulator/host/options'

export const startInWorker: MachineStarter = (options, listener) => startMachine(options, listener, pathToFileURL(locate().emulatorWorker))
