/** The machine that a project asks for, with the files that its manifest names. */
import { canBeSeveral, type CpuModelName } from '../../shared/cpu-models'
import { LabError } from '../../shared/failure'
import { type BootMedium, type DriveBus, type MachinePace, OPTIONAL_DEVICES, type OptionalDevice } from '../../shared/machine-schemas'
import { clockStart, type Project, resolveInside } from '../project'
import type { AskedDrive } from './boot-medium'
import { memoryOf } from './projects'

/** Kinds of drive that the BIOS tries first, and whether it offers a menu. */
export interface BootChoice {
  order?: BootMedium[] | undefined
  menu?: boolean | undefined
}

export { CLOCK_HINT, clockStart } from '../project'

/** ROM files of a BIOS and of the display's, and UEFI's variables. */
export interface FirmwareFiles {
  bios: string
  vga?: string | undefined
  variables?: string | undefined
}

/** Paths are absolute; what is absent is left to whoever boots. */
export interface MachineDescription {
  memoryBytes: number
  model?: CpuModelName | undefined
  cpus?: number | undefined
  medium?: BootMedium | undefined
  bus?: DriveBus | undefined
  drives: readonly AskedDrive[]
  firmware?: FirmwareFiles | undefined
  boot?: BootChoice | undefined
  /** Devices that the machine does not have. */
  without?: readonly OptionalDevice[] | undefined
  pace?: MachinePace | undefined
  /** Milliseconds since 1970 (UTC) at which the real-time clock begins. */
  startDate?: number | undefined
}

/** @throws LabError when there cannot be so many of a model */
export function checkProcessors(model: CpuModelName | undefined, count: number | undefined): void {
  if (model === undefined || count === undefined || count === 1 || canBeSeveral(model)) return
  throw new LabError({
    code: 'bad-input', what: `A computer cannot have ${count} processors of the model "${model}".`, why: 'It has no local APIC, through which processors are started and interrupt each other.',
    next: 'Take "pentium" or a later model, or one processor.',
  })
}

/** @throws ProjectError when a file lies outside the project, or is not there */
export async function machineOf({ dir, manifest }: Project): Promise<MachineDescription> {
  const { cpu, cpus, medium, bus, drives = [], firmware, boot, clock, devices = {}, pace } = manifest.run
  const inside = (path: string): Promise<string> => resolveInside(dir, path, 'file')
  const insideIfAny = async (path: string | undefined): Promise<string | undefined> => (path === undefined ? undefined : inside(path))
  const placed: AskedDrive[] = []
  for (const drive of drives) placed.push({ ...drive, path: await inside(drive.path) })
  return {
    memoryBytes: memoryOf(manifest),
    model: cpu,
    cpus,
    medium,
    bus,
    drives: placed,
    without: OPTIONAL_DEVICES.filter((name) => devices[name] === false),
    pace,
    firmware: firmware && { bios: await inside(firmware.bios), vga: await insideIfAny(firmware.vga), variables: await insideIfAny(firmware.variables) },
    boot,
    startDate: clock === undefined ? undefined : clockStart(clock),
  }
}
