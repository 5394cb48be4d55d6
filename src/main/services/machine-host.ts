/** Starts machines in worker threads. */
import { pathToFileURL } from 'node:url'
import { prepareMachine, startMachine } from '../emulator/host/handle'
import { locate } from './locations'
import type { MachineStarter } from './machines'

export type { RunReport, StartOptions } from '../emulator/host/options'

const workerUrl = (): URL => pathToFileURL(locate().emulatorWorker)

export const startInWorker: MachineStarter = (options, listener) => startMachine(options, listener, workerUrl())

/** How long after a boot the next worker is made ready: not while this one needs the processor. */
const PREPARE_AFTER_MS = 500

/** Has a worker wait for the next machine, so that it is ready when the build is. */
export const prepareWorker = (): void => prepareMachine(workerUrl())

/** The same for the boot after this one. */
export const prepareWorkerLater = (): void => void setTimeout(prepareWorker, PREPARE_AFTER_MS).unref()
