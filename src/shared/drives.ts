/** Drives of the computer, in one form for every operating system. */
import { z } from 'zod'

export interface Volume {
  /** As the system names it: `/dev/sdb1`, `disk4s1`, `D:`. */
  path: string
  kind: 'partition' | 'encrypted' | 'logical' | 'raid' | 'container' | 'volume' | 'loop'
  label?: string | undefined
  /** As the system names it: `vfat`, `ext4`, `APFS`, `NTFS`; absent when it recognises none. */
  fileSystem?: string | undefined
  bytes: number
  /** Bytes in use, when the system knows. */
  usedBytes?: number | undefined
  /** When its files were last changed, milliseconds since 1970; known of a mounted volume only. */
  lastUsed?: number | undefined
  mountPoints: string[]
  /** Memory is moved out to it. */
  swap: boolean
  /** The system says that it runs from it. */
  system: boolean
  /** What lies inside: a logical volume in an encrypted partition. */
  volumes: Volume[]
}

const volume: z.ZodType<Volume> = z.lazy(() =>
  z.object({
    path: z.string(),
    kind: z.enum(['partition', 'encrypted', 'logical', 'raid', 'container', 'volume', 'loop']),
    label: z.string().optional(),
    fileSystem: z.string().optional(),
    bytes: z.number().nonnegative(),
    usedBytes: z.number().nonnegative().optional(),
    lastUsed: z.number().optional(),
    mountPoints: z.array(z.string()),
    swap: z.boolean(),
    system: z.boolean(),
    volumes: z.array(volume),
  }),
)

export const BUSES = ['usb', 'card', 'nvme', 'sata', 'scsi', 'thunderbolt', 'virtual', 'file', 'other'] as const

export const driveSchema = z.object({
  /** What a person names it by: `/dev/sdb`, `/dev/disk4`, `\\.\PHYSICALDRIVE1`. */
  path: z.string(),
  /** Vendor and model, as the drive says. */
  name: z.string(),
  serial: z.string().optional(),
  /** 0: there is no medium in it. */
  bytes: z.number().nonnegative(),
  sectorBytes: z.number().positive(),
  bus: z.enum(BUSES),
  /** The drive, or the medium in it, is made to be taken out. */
  removable: z.boolean(),
  readOnly: z.boolean(),
  /**
   * Changes when another drive or medium takes this one's place: what is asked about is what is written. Linux counts media (diskseq); where
   * the system has no such count, it is made of serial number, model and size.
   */
  identity: z.string().min(1),
  /** Why the drive as a whole belongs to the system, or cannot be judged; a sentence. */
  reserved: z.string().optional(),
  volumes: z.array(volume),
})
export type Drive = z.infer<typeof driveSchema>

/** What may be done with a drive. */
export const verdictSchema = z.object({
  /** `confirm`: after a person has seen the reasons and named the drive. */
  verdict: z.enum(['allowed', 'confirm', 'refused']),
  /** Sentences; none for an allowed drive. */
  reasons: z.array(z.string()),
})
export type Verdict = z.infer<typeof verdictSchema>

/** All volumes of a drive, whatever they lie in. */
export function allVolumes({ volumes }: { volumes: readonly Volume[] }): Volume[] {
  return volumes.flatMap((one) => [one, ...allVolumes(one)])
}
