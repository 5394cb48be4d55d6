/** How each operating system takes a drive and gives it back. */
import { LabError } from '../../../shared/failure'
import type { DriveSystem } from './job'
import { linuxSystem } from './linux-system'
import { macosSystem } from './macos-system'
import type { Run } from './run'
import { windowsSystem } from './windows-system'

export interface SystemOptions {
  /** A descriptor of the drive that was opened by a program with more rights. */
  descriptor?: number | undefined
  /** Runs a program of the system; tests have doubles. */
  run?: Run
}

/** A system that may have to let go of what it still holds when a job has ended in any way. */
export type WritingSystem = DriveSystem & { letGo?(): void }

const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, (options: SystemOptions) => WritingSystem>>> = { linux: linuxSystem, darwin: macosSystem, win32: windowsSystem }

/** @throws LabError for a system that is not known */
export function thisSystem(options: SystemOptions): WritingSystem {
  const system = SYSTEMS[process.platform]
  if (!system) throw new LabError({ code: 'unsupported', what: `Drives of ${process.platform} cannot be written.`, why: 'Bootlab knows those of Linux, macOS and Windows.', next: 'Write the image file with a program of this system.' })
  return system(options)
}
