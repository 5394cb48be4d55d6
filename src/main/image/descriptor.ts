/** The boot descriptor, as the loader reads it (resources/loader/descriptor.c). */
import { BOOT_PROTOCOLS, type BootModule, type BootProtocol, MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { type BootParameters, PARAMETERS } from './boot-parameters'
import { ByteReader } from './byte-reader'
import { ImageError } from './errors'
import { DESCRIPTOR, LIMITS, MAGIC, MODULE_ENTRY, PROTOCOL, SECTOR_BYTES } from './layout'

const PROTOCOL_NUMBERS: Readonly<Record<BootProtocol, number>> = {
  multiboot1: PROTOCOL.PROTOCOL_MULTIBOOT1,
  multiboot2: PROTOCOL.PROTOCOL_MULTIBOOT2,
  elf64: PROTOCOL.PROTOCOL_ELF64,
  elf32: PROTOCOL.PROTOCOL_ELF32,
  bootloader: PROTOCOL.PROTOCOL_BOOTLOADER_CRATE,
  limine: PROTOCOL.PROTOCOL_LIMINE,
  bootloader11: PROTOCOL.PROTOCOL_BOOTLOADER11,
  linux: PROTOCOL.PROTOCOL_LINUX,
  flat16: PROTOCOL.PROTOCOL_FLAT16,
  flat32: PROTOCOL.PROTOCOL_FLAT32,
  flat64: PROTOCOL.PROTOCOL_FLAT64,
}

/** A parameter that is not given. */
const ABSENT = 0xffff_ffff_ffff_ffffn

export interface DescriptorInput {
  protocol: BootProtocol
  parameters?: BootParameters | undefined
  kernelBytes: number
  commandLine: string
  modules: readonly BootModule[]
}

export interface BootDescriptor {
  /** Whole sectors. */
  bytes: Uint8Array
  /** First sectors, counted from the descriptor. */
  kernelSector: number
  moduleSectors: number[]
}

/** @throws ImageError when command lines or modules do not fit */
export function bootDescriptor({ protocol, parameters, kernelBytes, commandLine, modules }: DescriptorInput): BootDescriptor {
  if (modules.length > LIMITS.MAX_MODULES)
    throw new ImageError({
      what: `There are ${modules.length} modules; at most ${LIMITS.MAX_MODULES} are loaded.`,
      where: 'modules',
      why: 'The boot descriptor has room for no more.',
      next: 'Pack several files into one module.',
    })
  const texts = [encodeText(commandLine, 'command line'), ...modules.map((module, index) => encodeText(module.commandLine, `command line of module ${index + 1}`))]
  const tableAt = DESCRIPTOR.DESCRIPTOR_VARIABLE
  const textsAt = tableAt + modules.length * MODULE_ENTRY.MODULE_ENTRY_BYTES
  const offsets: number[] = []
  let end = textsAt
  for (const text of texts) {
    offsets.push(end)
    end += text.length + 1
  }
  const length = Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES
  if (length > DESCRIPTOR.DESCRIPTOR_MAX_BYTES)
    throw new ImageError({
      what: `The command lines have ${end - textsAt} bytes together; at most ${DESCRIPTOR.DESCRIPTOR_MAX_BYTES - textsAt} fit.`,
      where: 'command lines',
      why: 'They are stored together with the boot descriptor.',
      next: 'Shorten them.',
    })

  const kernelSector = length / SECTOR_BYTES
  const moduleSectors: number[] = []
  let sector = kernelSector + sectorsOf(kernelBytes)
  for (const { bytes } of modules) {
    moduleSectors.push(sector)
    sector += sectorsOf(bytes.length)
  }

  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  const fields: readonly (readonly [offset: number, value: number])[] = [
    [DESCRIPTOR.DESCRIPTOR_MAGIC, MAGIC.DESCRIPTOR_MAGIC_VALUE],
    [DESCRIPTOR.DESCRIPTOR_VERSION, MAGIC.DESCRIPTOR_VERSION_VALUE],
    [DESCRIPTOR.DESCRIPTOR_PROTOCOL, PROTOCOL_NUMBERS[protocol]],
    [DESCRIPTOR.DESCRIPTOR_KERNEL_SECTOR, kernelSector],
    [DESCRIPTOR.DESCRIPTOR_KERNEL_BYTES, kernelBytes],
    [DESCRIPTOR.DESCRIPTOR_BYTES, length],
    [DESCRIPTOR.DESCRIPTOR_COMMAND_LINE, offsets[0] ?? 0],
    [DESCRIPTOR.DESCRIPTOR_MODULE_COUNT, modules.length],
    [DESCRIPTOR.DESCRIPTOR_MODULE_TABLE, tableAt],
    ...modules.flatMap((module, index) => {
      const at = tableAt + index * MODULE_ENTRY.MODULE_ENTRY_BYTES
      return [
        [at + MODULE_ENTRY.MODULE_ENTRY_SECTOR, moduleSectors[index] ?? 0],
        [at + MODULE_ENTRY.MODULE_ENTRY_FILE_BYTES, module.bytes.length],
        [at + MODULE_ENTRY.MODULE_ENTRY_COMMAND_LINE, offsets[index + 1] ?? 0],
      ] as const
    }),
  ]
  for (const [offset, value] of fields) view.setUint32(offset, value, true)
  for (const [index, name] of PARAMETERS.entries()) view.setBigUint64(DESCRIPTOR.DESCRIPTOR_PARAMETERS + 8 * index, parameters?.[name] ?? ABSENT, true)
  for (const [index, text] of texts.entries()) bytes.set(text, offsets[index] ?? 0)
  let sum = 0
  for (let at = 0; at < length; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0
  view.setUint32(DESCRIPTOR.DESCRIPTOR_CHECKSUM, -sum >>> 0, true)
  return { bytes, kernelSector, moduleSectors }
}

/**
 * Reads a descriptor and what it names.
 * @param partition from its first byte on
 * @throws ImageError when it is damaged
 */
export function readBootDescriptor(partition: Uint8Array, where: string): Omit<DescriptorInput, 'kernelBytes'> & { kernel: Uint8Array } {
  const reader = new ByteReader(partition, where)
  const field = (offset: number): number => reader.u32(offset, 'the boot descriptor')
  const length = field(DESCRIPTOR.DESCRIPTOR_BYTES)
  const known = field(DESCRIPTOR.DESCRIPTOR_MAGIC) === MAGIC.DESCRIPTOR_MAGIC_VALUE && field(DESCRIPTOR.DESCRIPTOR_VERSION) === MAGIC.DESCRIPTOR_VERSION_VALUE
  if (!known || length < SECTOR_BYTES || length > DESCRIPTOR.DESCRIPTOR_MAX_BYTES || length % SECTOR_BYTES) throw damaged(where)
  reader.require(0, length, 'the boot descriptor')
  let sum = 0
  for (let at = 0; at < length; at += 4) sum = (sum + field(at)) >>> 0
  const words = new DataView(partition.buffer, partition.byteOffset + DESCRIPTOR.DESCRIPTOR_PARAMETERS, 8 * PARAMETERS.length)
  const parameters: BootParameters = Object.fromEntries(PARAMETERS.map((name, index) => [name, words.getBigUint64(8 * index, true)] as const).filter(([, value]) => value !== ABSENT))
  const number = field(DESCRIPTOR.DESCRIPTOR_PROTOCOL)
  const protocol = BOOT_PROTOCOLS.find((name) => PROTOCOL_NUMBERS[name] === number)
  if (sum !== 0 || !protocol) throw damaged(where)
  const file = (sector: number, bytes: number, what: string): Uint8Array => {
    reader.require(sector * SECTOR_BYTES, bytes, what)
    return partition.slice(sector * SECTOR_BYTES, sector * SECTOR_BYTES + bytes)
  }
  const text = (offset: number): string => reader.text(offset, length)
  const modules = Array.from({ length: Math.min(field(DESCRIPTOR.DESCRIPTOR_MODULE_COUNT), LIMITS.MAX_MODULES) }, (_, index) => {
    const at = field(DESCRIPTOR.DESCRIPTOR_MODULE_TABLE) + index * MODULE_ENTRY.MODULE_ENTRY_BYTES
    return {
      bytes: file(field(at + MODULE_ENTRY.MODULE_ENTRY_SECTOR), field(at + MODULE_ENTRY.MODULE_ENTRY_FILE_BYTES), `module ${index + 1}`),
      commandLine: text(field(at + MODULE_ENTRY.MODULE_ENTRY_COMMAND_LINE)),
    }
  })
  return {
    protocol,
    parameters,
    kernel: file(field(DESCRIPTOR.DESCRIPTOR_KERNEL_SECTOR), field(DESCRIPTOR.DESCRIPTOR_KERNEL_BYTES), 'the kernel'),
    commandLine: text(field(DESCRIPTOR.DESCRIPTOR_COMMAND_LINE)),
    modules,
  }
}

function damaged(where: string): ImageError {
  return new ImageError({
    what: 'The boot descriptor of this disk is damaged, or of another version of Bootlab.',
    where,
    why: 'It says what lies where on the disk.',
    next: 'Build the image again.',
  })
}

export function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / SECTOR_BYTES)
}

function encodeText(text: string, where: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  const zero = bytes.indexOf(0)
  if (bytes.length <= MAX_COMMAND_LINE_BYTES && zero === -1) return bytes
  throw new ImageError({
    what: zero === -1 ? `The command line has ${bytes.length} bytes; at most ${MAX_COMMAND_LINE_BYTES} fit.` : `The command line has a zero byte at offset ${zero}.`,
    where,
    why: 'It is stored, ended by a zero byte, together with the boot descriptor.',
    next: zero === -1 ? 'Shorten it.' : 'Remove the zero byte.',
  })
}
