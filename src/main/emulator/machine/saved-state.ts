/** Saving a machine, and loading what was saved into one that is built the same. */
import { createHash } from 'node:crypto'
import { damaged, StateError } from '../state/error'
import { requireSame, type MachineDescription } from '../state/description'
import type { Stateful } from '../state/fields'
import { parseJson, StateFile, StateFileWriter } from '../state/file'
import { readBlobs, readBlock, readSectors, type SavedBlock, type SavedDisk, writeBlobs, writeBlock, writeSectors } from '../state/memory'
import { BlobReader, StateReader } from '../state/reader'
import { BlobWriter, StateWriter } from '../state/writer'

/** A part, and its name in the state. */
export type NamedPart = readonly [name: string, part: Stateful | Stateful['exchange']]

/** All that a machine holds, each in the order of loading: what the processor stands on comes before it. */
export interface MachineParts {
  /** Asked for only where it is needed: it takes the sums of all images. */
  readonly description: () => MachineDescription
  readonly first: readonly NamedPart[]
  readonly blocks: readonly SavedBlock[]
  readonly disks: readonly SavedDisk[]
  /** After memory and disks. */
  readonly last: readonly NamedPart[]
}

const FIELDS = 'parts'
/** Files on their way to the guest may be large, and there are few. */
const MOST_LOOSE_BYTES = 1 << 30

const writeParts = (parts: readonly NamedPart[], blobs: BlobWriter): StateWriter => {
  const writer = new StateWriter(blobs)
  for (const [name, part] of parts) writer.part(name, part)
  return writer
}

/** @param host what goes with the machine and is no part of it, such as text that is being typed; where there is none on loading, it is left out */
export function saveState({ description, first, blocks, disks, last }: MachineParts, host?: Stateful): Uint8Array {
  const file = new StateFileWriter()
  const blobs = new BlobWriter()
  const { fields } = writeParts([...first, ...last], blobs)
  const hosted = host ? writeParts([['host', host]], blobs).fields : {}
  file.add(FIELDS, Buffer.from(JSON.stringify({ ...fields, ...hosted })))
  writeBlobs(file, blobs.whole())
  for (const block of blocks) writeBlock(file, block)
  for (const disk of disks) writeSectors(file, disk)
  return file.finish(description())
}

/**
 * The machine must not have run. When this throws, it has a part of the state, and must not be used.
 * @throws StateError
 */
export function loadState(bytes: Uint8Array, { description, first, blocks, disks, last }: MachineParts, host?: Stateful): void {
  const file = new StateFile(bytes)
  requireSame(file.machine, description())
  const blobs = readBlobs(file, MOST_LOOSE_BYTES)
  const fields = parseJson(file.section(FIELDS), 'list of fields')
  const reader = new StateReader(fields, new BlobReader(blobs.bytes))
  const known = new Set([FIELDS, ...blobs.names])
  for (const [name, part] of first) reader.part(name, part)
  for (const block of blocks) for (const name of readBlock(file, block)) known.add(name)
  for (const disk of disks) for (const name of readSectors(file, disk)) known.add(name)
  for (const [name, part] of last) reader.part(name, part)
  if (host && reader.has('host')) reader.part('host', host)
  reader.finish(host ? [] : ['host'])
  const unknown = file.sections.find((name) => !known.has(name))
  if (unknown !== undefined) throw damaged(`nothing in this version has a section "${unknown}"`)
}

/** SHA-256 over all that a machine holds, in hex: equal for equal runs. More than `Cpu.snapshotHash`: every chip, too. */
export function hashOfParts({ first, blocks, disks, last }: MachineParts): string {
  const hash = createHash('sha256')
  const blobs = new BlobWriter()
  hash.update(JSON.stringify(writeParts([...first, ...last], blobs).fields))
  hash.update(blobs.whole())
  for (const { bytes } of blocks) hash.update(bytes)
  for (const { written } of disks) for (const [lba, sector] of [...written].toSorted(([a], [b]) => a - b)) hash.update(`${lba} `).update(sector)
  return hash.digest('hex')
}

/** Names of parts that have the same one get a number. */
export function named(parts: readonly (Stateful & { readonly name: string })[]): NamedPart[] {
  const seen = new Map<string, number>()
  return parts.map((part) => {
    const count = (seen.get(part.name) ?? 0) + 1
    seen.set(part.name, count)
    return [count === 1 ? part.name : `${part.name} (${count})`, part]
  })
}

export { StateError }
