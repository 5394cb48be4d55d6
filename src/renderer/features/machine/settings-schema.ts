/** What a person can set of the machine, as it is remembered. */
import * as z from 'zod'
import { CPU_MODEL_NAMES } from '../../../shared/cpu-models'
import { BOOT_MEDIA, insertedDriveSchema, MOST_CPUS, MOST_EXTRA_DRIVES } from '../../../shared/machine-schemas'

export const LEAST_MEMORY_MIB = 1
export const MOST_MEMORY_MIB = 3072

export const machineSettingsSchema = z.object({
  memoryMiB: z.number().int().min(LEAST_MEMORY_MIB).max(MOST_MEMORY_MIB).optional(),
  cpu: z.enum(CPU_MODEL_NAMES).optional(),
  cpus: z.number().int().min(1).max(MOST_CPUS).optional(),
  /** What the image is put in as. */
  medium: z.enum(BOOT_MEDIA).optional(),
  drives: z.array(insertedDriveSchema).max(MOST_EXTRA_DRIVES).optional(),
})
export type MachineSettings = z.infer<typeof machineSettingsSchema>
