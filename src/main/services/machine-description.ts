/** The machine that a project asks for, with the files that its manifest names. */
import type { CpuModelName } from '../../shared/cpu-models'
import { type BootMedium, type MachinePace, OPTIONAL_DEVICES, type OptionalDevice } from '../../shared/machine-schemas'
import { clockStart, type Project, resolveInside } from '../project'
import type { AskedDrive } from './boot-medium'
import { memoryOf } from './projects'

export { CLOCK_HINT, clockStart } from '../project'

/** ROM files of a BIOS, and of the display's. */
export interface FirmwareFiles {
  bios: string
  vga?: string | undefined
}

/** Paths are absolute; what is absent is left to whoever boots. */
export interface MachineDescription {
  memoryBytes: number
  model?: CpuModelName | undefined
  medium?: BootMedium | undefined
  drives: readonly AskedDrive[]
  firmware?: FirmwareFiles | undefined
  /** Devices that the machine does not have. */
  without?: readonly OptionalDevice[] | undefined
  pace?: MachinePace | undefined
  /** Milliseconds since 1970 (UTC) at which the real-time clock begins. */
  startDate?: number | undefined
}

/** @throws ProjectError when a file lies outside the project, or is not there */
export async function machineOf({ dir, manifest }: Project): Promise<MachineDescription> {
  const { cpu, medium, drives = [], firmware, clock, devices = {}, pace } = manifest.run
  const inside = (path: string): Promise<string> => resolveInside(dir, path, 'file')
  const placed: AskedDrive[] = []
  for (const drive of drives) placed.push({ ...drive, path: await inside(drive.path) })
  return {
    memoryBytes: memoryOf(manifest),
    model: cpu,
    medium,
    drives: placed,
    without: OPTIONAL_DEVICES.filter((name) => devices[name] === false),
    pace,
    firmware: firmware && { bios: await inside(firmware.bios), vga: firmware.vga === undefined ? undefined : await inside(firmware.vga) },
    startDate: clock === undefined ? undefined : clockStart(clock),
  }
}
