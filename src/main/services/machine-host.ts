import { LabError } from '../../shared/failure'
import type { MachineStarter } from './machines'
export const startInWorker: MachineStarter = () => { throw new LabError({ code: 'internal', what: 'interim' }) }
