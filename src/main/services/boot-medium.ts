/** Whether an image can be put in as what a person asked for. */
import { LabError } from '../../shared/failure'
import type { BootMedium } from '../../shared/machine-schemas'
import { mediumProblem } from '../emulator/machine/disk'

/** @throws LabError for a medium that cannot hold the image */
export function checkMedium(image: Uint8Array, medium: BootMedium | undefined, where: string): void {
  const what = mediumProblem(image, medium)
  if (what !== undefined) throw new LabError({ code: 'bad-input', what, where, next: 'Leave --as out, or choose --as disk.' })
}
