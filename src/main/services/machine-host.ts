/** Starts machines in worker threads. */
import { pathToFileURL } from 'node:url'
import { prepareMachine, startMachine } from '../emulator/host/handle'
import { locate } from './locations'
import type { MachineStarter } from './machines'

export type { RunReport } from '../emulator/host/options'

const workerUrl = (): URL => pathToFileURL(locate().emulatorWorker)

export const startInWorker: MachineStarter = (options, listener) => startMachine(options, listener, workerUrl())

/** Has a worker wait for the next machine, so that it is ready when the build is. */
export const prepareWorker = (): void => prepareMachine(workerUrl())
