/** Whether images can be put in as what a person asked for, and into which drives. */
import type { BootMedium, DriveBus, InsertedDrive } from '../../shared/machine-schemas'
import { LabError } from '../../shared/failure'
import { mediumOf, mediumProblem } from '../emulator/machine/disk'
import { Drives, type ExtraDrive } from '../emulator/machine/drives'
import { busProblem } from '../emulator/machine/storage'
import { rawDiskOf } from '../image'

/** @throws LabError for a medium that cannot hold the image, and for a bus that has no drives for it */
export function checkMedium(image: Uint8Array, medium: BootMedium | undefined, where: string, bus?: DriveBus): void {
  checkBus(medium ?? mediumOf(image), bus, where)
  const what = mediumProblem(image, medium)
  if (what !== undefined) throw new LabError({ code: 'bad-input', what, where, next: 'Leave the medium to Bootlab, or choose a hard disk.' })
}

/** @throws LabError for a bus that has no drives for the medium */
export function checkBus(medium: BootMedium, bus: DriveBus | undefined, where: string): void {
  const what = bus === undefined ? undefined : busProblem(medium, bus)
  if (what !== undefined) throw new LabError({ code: 'bad-input', what, where, next: 'Leave the bus out, or choose another one.' })
}

/**
 * The contents of further drives beside the one with `image`.
 * @throws LabError when a file cannot be read, does not fit its medium, or there is no drive left for it
 */
export async function insertedDrives(image: Uint8Array, medium: BootMedium | undefined, drives: readonly InsertedDrive[], read: (path: string) => Promise<Uint8Array>): Promise<ExtraDrive[]> {
  const inserted: ExtraDrive[] = []
  for (const { path, medium: kind, readOnly, bus } of drives) {
    const content = rawDiskOf(await read(path), path)
    checkMedium(content, kind, path)
    checkBus(kind, bus, path)
    inserted.push({ image: content, medium: kind, readOnly, bus })
    try {
      void new Drives(image, medium, inserted)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new LabError({ code: 'bad-input', what: error.message, where: path, next: 'Take it out, or put it in as a hard disk.' }, { cause: error })
    }
  }
  return inserted
}
