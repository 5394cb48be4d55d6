/** Whether images can be put in as what a person asked for, and into which drives. */
import type { BootMedium, DriveBus, InsertedDrive } from '../../shared/machine-schemas'
import { LabError } from '../../shared/failure'
import { mediumOf, mediumProblem } from '../emulator/machine/disk'
import { Drives } from '../emulator/machine/drives'
import { busProblem } from '../emulator/machine/storage'
import type { StartOptions } from '../emulator/host/options'
import { rawDiskOf } from '../image'
import { bytesOf, type Image, imageFileOf, withContents } from './image-file'

/** A drive that a person asked for, and whether the guest's writes go into its file. */
export type AskedDrive = InsertedDrive & { readonly writeThrough?: boolean }
type ExtraDrive = NonNullable<StartOptions['drives']>[number]

/** @throws LabError for a medium that cannot hold the image, and for a bus that has no drives for it */
export function checkMedium(image: Image, medium: BootMedium | undefined, where: string, bus?: DriveBus): void {
  checkBus(medium ?? withContents([image], ([content]) => (content ? mediumOf(content) : 'disk')), bus, where)
  const what = mediumProblem({ bytes: bytesOf(image) }, medium)
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
export async function insertedDrives(image: Image, medium: BootMedium | undefined, drives: readonly AskedDrive[], read: (path: string) => Promise<Uint8Array>): Promise<ExtraDrive[]> {
  const inserted: ExtraDrive[] = []
  for (const { path, medium: kind, readOnly, bus, writeThrough = false } of drives) {
    const content = (await imageFileOf(path, { write: writeThrough, bootable: false })) ?? rawDiskOf(await read(path), path)
    checkAlone(content, [image, ...inserted.map((other) => other.image)], path)
    checkMedium(content, kind, path)
    checkBus(kind, bus, path)
    inserted.push({ image: content, medium: kind, readOnly, bus })
    try {
      withContents([image, ...inserted.map((one) => one.image)], ([first = new Uint8Array(), ...others]) => {
        void new Drives(first, medium, inserted.map((one, index) => ({ ...one, image: others[index] ?? new Uint8Array() })))
      })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new LabError({ code: 'bad-input', what: error.message, where: path, next: 'Take it out, or put it in as a hard disk.' }, { cause: error })
    }
  }
  return inserted
}

/** A file that a guest writes to is in one drive only. */
function checkAlone(image: Image, others: readonly Image[], where: string): void {
  if (image instanceof Uint8Array) return
  const twice = others.some((other) => !(other instanceof Uint8Array) && other.id === image.id && (other.write || image.write))
  if (twice) throw new LabError({ code: 'bad-input', what: 'This file is in two drives, and written through in one of them.', where, why: 'What is written to one drive would change the other.', next: 'Take it out of one of them, or let the guest write to a copy in memory.' })
}
