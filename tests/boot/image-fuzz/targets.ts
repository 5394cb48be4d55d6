/** What is done with each input. Whatever comes in, an answer of the documented shape or an error with a name must come out. */
import { isDeepStrictEqual } from 'node:util'
import { buildDiskImage, detectInput, type DiskLoader, ExploredImage, fileInside, ImageError, inspectFile, type KernelHints, mapFile, originOf, unpackDisk, withCommandLine } from '../../../src/main/image'
import { formatBootConfig, parseBootConfig } from '../../../src/main/image/boot-config'
import { parseManifest } from '../../../src/main/project'
import { BOOT_PROTOCOLS } from '../../../src/shared/boot'
import { imageMapSchema, imageOriginSchema } from '../../../src/shared/image-explorer'
import { inspectionSchema, mapSchema, originSchema } from '../../../src/shared/inspection'

/** The result, or the error that a person would be told. Anything else that is thrown passes through: that is a defect. */
function told<T>(work: () => T): T | { refused: string } {
  try {
    return work()
  } catch (error) {
    if (error instanceof ImageError) return { refused: error.message }
    throw error
  }
}

/** What is asked about a file beside the inspection itself. Each alone takes a file apart from the beginning. */
const QUESTIONS: readonly ((bytes: Uint8Array) => unknown)[] = [
  (bytes) => {
    const map = mapFile(bytes, 'file')
    checkMap(mapSchema.parse(map))
    return map
  },
  (bytes) => {
    const image = new ExploredImage(bytes, 'file')
    const { pieces, leftOut } = image.pieces()
    checkMap({ bytes: image.bytes, regions: pieces })
    const [last, origin] = [pieces.at(-1), imageOriginSchema.parse(image.at(image.bytes >> 1, 'file'))]
    const { file = 'kernel.c', line = 1 } = origin.source ?? {}
    return [imageMapSchema.shape.pieces.parse(pieces), leftOut, origin, image.find({ file, line }), image.find({ symbol: last?.name ?? '' }), image.find({ path: last?.name ?? '' })]
  },
  (bytes) => originSchema.parse(originOf(bytes, bytes.length >> 1, 'file')),
  (bytes) => fileInside(bytes, '/boot/kernel.elf', 'file').length,
  (bytes) => detectInput(bytes, 'file'),
  (bytes) => unpackDisk(bytes, 'file'),
]

/**
 * The inspection, and the answer to one question more; without its number to all of them.
 * @throws whatever is a defect
 */
export function examine(bytes: Uint8Array, question?: number): unknown {
  const inspection = told(() => inspectionSchema.parse(inspectFile(bytes, 'file')))
  const questions = question === undefined ? QUESTIONS : [QUESTIONS[question % QUESTIONS.length] ?? detectInput]
  return [inspection, ...questions.map((ask) => told(() => ask(bytes)))]
}

/** Regions lie inside the file and inside the one around them, and do not overlap their neighbours. */
function checkMap({ bytes, regions }: { bytes: number; regions: readonly { offset: number; bytes: number; depth: number; name: string }[] }): void {
  const open: { end: number; last: number }[] = [{ end: bytes, last: 0 }]
  for (const { offset, bytes: length, depth, name } of regions) {
    open.length = depth + 1
    const parent = open[depth]
    if (!parent || offset < parent.last || offset + length > parent.end || length <= 0) throw new Error(`The region ${name} at ${offset} with ${length} bytes, ${depth} deep, does not fit between ${parent?.last} and ${parent?.end}.`)
    parent.last = offset + length
    open.push({ end: offset + length, last: offset })
  }
}

/** How a kernel may be asked to be started, beside what its file says. */
const HINTS: readonly KernelHints[] = [{}, ...BOOT_PROTOCOLS.filter((protocol) => protocol !== 'bootloader').map((protocol) => ({ protocol, address: 0x10_0000 })), { bootloader: { version: '0.9.34', features: ['map_physical_memory'] } }]

/**
 * A kernel or module from these bytes is put on a disk, which is read back and written once more; a disk gets another command line.
 * @throws whatever is a defect
 */
export async function build(bytes: Uint8Array, loader: DiskLoader, choice: number): Promise<void> {
  const hints = HINTS[choice % HINTS.length] ?? {}
  const fileSystem = choice % 64 === 0 ? 'auto' : 'none'
  const built = await toldLater(() => buildDiskImage({ kernel: bytes, loader, ...hints, modules: [{ bytes: bytes.subarray(0, 64), commandLine: 'm' }], image: { firmware: 'bios', fileSystem } }))
  if (!('refused' in built)) {
    const { entries } = unpackDisk(built.image)
    if (entries.length !== 1 || entries[0]?.protocol !== built.report.protocol) throw new Error('The disk reads back as another one than was written.')
  }
  await toldLater(() => withCommandLine(bytes, 'quiet'))
}

async function toldLater<T>(work: () => Promise<T>): Promise<T | { refused: string }> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ImageError) return { refused: error.message }
    throw error
  }
}

const POISON_BEFORE = 24
const POISON_AFTER = 4096

/**
 * The same input between other bytes must give the same answer: whatever differs was read from outside the file.
 * @throws when it differs, and whatever `examine` throws
 */
export function examineTwice(bytes: Uint8Array): void {
  const [first, second] = [0x00, 0x5a].map((poison) => {
    const room = new Uint8Array(POISON_BEFORE + bytes.length + POISON_AFTER).fill(poison)
    room.set(bytes, POISON_BEFORE)
    return examine(room.subarray(POISON_BEFORE, POISON_BEFORE + bytes.length))
  })
  if (!isDeepStrictEqual(first, second)) throw new Error('Bytes from outside the file change what is said about it.')
}

/** @throws whatever is a defect */
export function examineManifest(text: string): void {
  const result = parseManifest(text)
  if (!result.ok && result.problems.length === 0) throw new Error('A manifest was refused without a problem.')
}

/** A configuration that can be read is written and read again as the same. @throws whatever is a defect */
export function examineConfig(text: string): void {
  const config = told(() => parseBootConfig(text))
  if ('refused' in config) return
  const again = told(() => parseBootConfig(formatBootConfig(config)))
  if (!isDeepStrictEqual(config, again)) throw new Error(`The configuration reads as something else when it was written again: ${JSON.stringify(again)}`)
}
