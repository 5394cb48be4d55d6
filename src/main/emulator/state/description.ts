/** Which machine a state is of: what its parts are made from, and so must be the same where it is loaded. */
import * as z from 'zod'
import { CPU_MODEL_NAMES } from '../../../shared/cpu-models'
import { BOOT_MEDIA, DRIVE_BUSES, MOST_CPUS, OPTIONAL_DEVICES } from '../../../shared/machine-schemas'
import { StateError } from './error'

const sumSchema = z.string().regex(/^[0-9a-f]{64}$/)

export const descriptionSchema = z.object({
  memoryBytes: z.number().int().min(0),
  model: z.enum(CPU_MODEL_NAMES),
  processors: z.number().int().min(1).max(MOST_CPUS),
  /** SHA-256 of the BIOS ROM, and of the display's where it has one of its own. `own`: it is the lab's. */
  firmware: z.object({ own: z.boolean(), bios: sumSchema, vga: sumSchema.optional() }),
  /** Every drive with its medium, and the size and SHA-256 of the image. */
  drives: z.array(z.object({ drive: z.number().int().min(0).max(0xff), medium: z.enum(BOOT_MEDIA), bus: z.enum(DRIVE_BUSES), readOnly: z.boolean(), bytes: z.number().int().min(1), sha256: sumSchema })).max(16),
  /** Devices that it does not have. */
  without: z.array(z.enum(OPTIONAL_DEVICES)).max(OPTIONAL_DEVICES.length),
  /** What a guest that boots from the network is told to load. */
  bootFile: z.string().max(127).optional(),
  /** Faults of firmware and medium that it was built with, as JSON. */
  quirks: z.string().max(10_000),
  /** Not compared: how far it was, in instructions. */
  instructions: z.number().int().min(0),
})
export type MachineDescription = z.infer<typeof descriptionSchema>

const mib = (bytes: number): string => `${bytes / (1 << 20)} MiB`
const nameOf = (drive: number): string => `${drive.toString(16).padStart(2, '0').toUpperCase()}h`

/** @throws StateError when a state of one machine cannot be loaded into the other: it says what differs */
export function requireSame(saved: MachineDescription, here: MachineDescription): void {
  const difference = differenceOf(saved, here)
  if (difference === undefined) return
  throw new StateError(difference, { why: 'A state fits the machine that it was saved from, with the same media.', next: 'Load it with the same image, memory, processor and firmware.' })
}

function differenceOf(saved: MachineDescription, here: MachineDescription): string | undefined {
  if (saved.memoryBytes !== here.memoryBytes) return `The saved machine has ${mib(saved.memoryBytes)} of memory, this one ${mib(here.memoryBytes)}.`
  if (saved.model !== here.model) return `The saved machine has the processor "${saved.model}", this one "${here.model}".`
  if (saved.processors !== here.processors) return `The saved machine has ${saved.processors} processors, this one ${here.processors}.`
  if (saved.without.join() !== here.without.join()) return `The saved machine is without ${saved.without.join(', ') || 'nothing'}, this one without ${here.without.join(', ') || 'nothing'}.`
  if (saved.drives.length !== here.drives.length) return `The saved machine has ${saved.drives.length} drives with a medium, this one ${here.drives.length}.`
  for (const [index, drive] of saved.drives.entries()) {
    const other = here.drives[index]
    if (other?.drive !== drive.drive || other.medium !== drive.medium || other.readOnly !== drive.readOnly) return `The saved machine has a ${drive.medium} in drive ${nameOf(drive.drive)}${drive.readOnly ? ' that cannot be written to' : ''}, this one has not.`
    if (other.bus !== drive.bus) return `Drive ${nameOf(drive.drive)} of the saved machine is on ${drive.bus}, that of this one on ${other.bus}.`
    if (other.bytes !== drive.bytes) return `The image in drive ${nameOf(drive.drive)} has ${other.bytes} bytes; when the state was saved it had ${drive.bytes}.`
    if (other.sha256 !== drive.sha256) return `The image in drive ${nameOf(drive.drive)} has changed since the state was saved.`
  }
  if (saved.bootFile !== here.bootFile) return `The saved machine boots ${saved.bootFile === undefined ? 'nothing' : `"${saved.bootFile}"`} from its network, this one ${here.bootFile === undefined ? 'nothing' : `"${here.bootFile}"`}.`
  // Last: our own BIOS knows its drives.
  const firmware = firmwareDifference(saved.firmware, here.firmware)
  if (firmware !== undefined) return firmware
  return saved.quirks === here.quirks ? undefined : 'The saved machine has other faults of firmware and medium than this one.'
}

function firmwareDifference(saved: MachineDescription['firmware'], here: MachineDescription['firmware']): string | undefined {
  const whose = (own: boolean): string => (own ? "the lab's own BIOS" : 'a BIOS from a file')
  if (saved.own !== here.own) return `The saved machine has ${whose(saved.own)}, this one ${whose(here.own)}.`
  if (saved.bios !== here.bios) return saved.own ? "The lab's own BIOS has changed since the state was saved: another version of Bootlab saved it." : 'The BIOS file is another one than the saved machine has.'
  return saved.vga === here.vga ? undefined : "The display's BIOS is another one than the saved machine has."
}
