/**
 * What `bootlab inspect` says about a file, as one JSON value. Offsets and lengths are bytes from the start of the file that was
 * inspected, unless a field says otherwise; what can exceed 2^53 is a text such as `0xffffffff80000000`. Every list is complete but
 * for symbols and files, whose totals are given beside them.
 */
import * as z from 'zod'
import { BOOT_PROTOCOLS } from './boot'
import { hexSchema } from './hex'

/** Whole unless it is beyond 2^53, as damaged files have it. */
const count = z.number().min(0)
/** Where something lies: first byte and length. */
const extentSchema = z.object({ offset: count, bytes: count })
/** Sentences about what is damaged, odd, or probably not meant. */
const remarksSchema = z.array(z.string())

export const segmentFactsSchema = z.object({
  /** Name of p_type without `PT_`, or its number. */
  type: z.string(),
  offset: count,
  /** Run address: p_vaddr. */
  virtualAddress: hexSchema,
  /** Load address: p_paddr. */
  physicalAddress: hexSchema,
  fileBytes: count,
  memoryBytes: hexSchema,
  /** `R`, `W`, `X`, or `-` in their place. */
  flags: z.string().length(3),
  /** Names of the sections that lie in it. */
  sections: z.array(z.string()),
})

export const sectionFactsSchema = z.object({
  name: z.string(),
  /** Name of sh_type without `SHT_`, or its number. */
  type: z.string(),
  address: hexSchema,
  offset: count,
  bytes: count,
  /** `A` allocated, `W` writable, `X` executable, as `readelf -S` writes them. */
  flags: z.string(),
})

export const symbolFactsSchema = z.object({
  name: z.string(),
  address: hexSchema,
  bytes: hexSchema,
  type: z.enum(['none', 'object', 'function', 'section', 'file', 'common', 'tls', 'other']),
  binding: z.enum(['local', 'global', 'weak', 'other']),
  /** Name of its section; `UND`, `ABS` or `COM` for the special ones. */
  section: z.string(),
  /** `file:line` of its definition, when the file has debug information. */
  source: z.string().optional(),
})

export const elfFactsSchema = z.object({
  bits: z.union([z.literal(32), z.literal(64)]),
  type: z.string(),
  machine: count,
  entry: hexSchema,
  /** The function the entry point lies in. */
  entrySymbol: z.string().optional(),
  segments: z.array(segmentFactsSchema),
  sections: z.array(sectionFactsSchema),
  symbolCount: count,
  /** The largest ones, or all when they were asked for. */
  symbols: z.array(symbolFactsSchema),
  /** How many source lines the debug information knows; 0 without it. */
  sourceLines: count,
  /** Content of the note GNU_BUILD_ID. */
  buildId: z.string().optional(),
  remarks: remarksSchema,
})

export const peFactsSchema = z.object({
  bits: z.union([z.literal(32), z.literal(64)]),
  machine: z.string(),
  subsystem: z.string(),
  imageBase: hexSchema,
  /** Relative to the image base. */
  entry: hexSchema,
  /** Length of the table of base relocations. */
  relocationBytes: count,
  /** Addresses are relative to the image base. */
  sections: z.array(z.object({ name: z.string(), address: count, memoryBytes: count, offset: count, fileBytes: count, flags: z.string().length(3) })),
  remarks: remarksSchema,
})

/** A table that a boot loader looks for in a kernel, field by field. */
export const bootHeaderSchema = z.object({
  /** Such as `Multiboot 2 header`. */
  name: z.string(),
  offset: count,
  bytes: count,
  fields: z.array(z.object({ name: z.string(), value: z.string(), meaning: z.string().optional() })),
  remarks: remarksSchema,
})

export const partitionFactsSchema = z.object({
  /** From 1, as tools count. */
  number: count.min(1),
  table: z.enum(['MBR', 'GPT']),
  /** MBR: one byte such as `0x0c`. GPT: the type's GUID. */
  type: z.string(),
  typeName: z.string().optional(),
  name: z.string().optional(),
  /** GPT: the partition's own GUID. */
  guid: z.string().optional(),
  active: z.boolean(),
  firstSector: z.number(),
  /** Not above 0 in a damaged table. */
  sectors: z.number(),
})

export const gptHeaderFactsSchema = z.object({
  which: z.enum(['primary', 'backup']),
  sector: z.number(),
  diskGuid: z.string(),
  /** Sectors. */
  firstUsable: z.number(),
  lastUsable: z.number(),
  /** What is wrong: CRCs, places; empty when all is as the specification wants it. */
  faults: z.array(z.string()),
})

export const volumeFactsSchema = z.object({
  ...extentSchema.shape,
  /** Number of its partition, absent when the volume is the disk itself or a boot image. */
  partition: count.optional(),
  /** A boot image of a CD (El Torito). */
  bootImage: z.literal(true).optional(),
  kind: z.enum(['FAT12', 'FAT16', 'FAT32', 'ISO 9660', 'Bootlab raw volume']),
  label: z.string().optional(),
  /** Such as cluster size, number of FATs. */
  fields: z.array(z.object({ name: z.string(), value: z.string() })),
  fileCount: count,
  files: z.array(z.object({ path: z.string(), directory: z.boolean(), bytes: count, extents: z.array(extentSchema), what: z.string().optional() })),
  remarks: remarksSchema,
})

export const bootCodeFactsSchema = z.object({
  ...extentSchema.shape,
  /** What it is and whose; absent when nothing is known for sure. */
  owner: z.string().optional(),
  fields: z.array(z.object({ name: z.string(), value: z.string() })),
})

export const catalogueEntrySchema = z.object({
  platform: z.string(),
  bootable: z.boolean(),
  emulation: z.string(),
  loadSegment: hexSchema,
  /** Sectors of 512 bytes that the firmware loads. */
  sectors: count,
  offset: count,
})

export const bootConfigFactsSchema = z.object({
  /** Path in the volume, or where a raw volume keeps it. */
  where: z.string(),
  text: z.string(),
  /** Seconds. */
  timeout: count.optional(),
  /** Of the entries, from 1. */
  default: count.optional(),
  entries: z.array(z.object({ title: z.string(), protocol: z.string().optional(), kernel: z.string(), commandLine: z.string(), modules: z.array(z.object({ file: z.string(), commandLine: z.string() })), parameters: z.record(z.string(), z.string()) })),
  remarks: remarksSchema,
})

export const diskFactsSchema = z.object({
  /** `none`, `MBR`, `GPT`, `MBR + GPT (hybrid)`. */
  partitioning: z.string(),
  partitions: z.array(partitionFactsSchema),
  gptHeaders: z.array(gptHeaderFactsSchema),
  bootCode: z.array(bootCodeFactsSchema),
  volumes: z.array(volumeFactsSchema),
  /** El Torito. */
  catalogue: z.array(catalogueEntrySchema),
  configurations: z.array(bootConfigFactsSchema),
  remarks: remarksSchema,
})

/** A file around a disk or kernel: a virtual machine's disk, or compression. */
export const containerFactsSchema = z.object({
  /** `VHD`, `VMDK`, `VDI`, `qcow2`, `gzip`, `xz`. */
  kind: z.string(),
  fields: z.array(z.object({ name: z.string(), value: z.string() })),
  /** Whether the facts that follow are about the content; else `why` says what keeps it closed. Offsets are then the content's. */
  opened: z.boolean(),
  why: z.string().optional(),
})

export const qualificationSchema = z.object({
  protocol: z.enum([...BOOT_PROTOCOLS, 'boot sector']),
  fits: z.boolean(),
  /** Why not; or what is remarkable about a file that fits. */
  reasons: z.array(z.string()),
})

export const inspectionSchema = z.object({
  /** Raised when a field changes its meaning or goes away. */
  version: z.literal(1),
  bytes: count,
  /** What the file looks like, in words. */
  format: z.string(),
  container: containerFactsSchema.optional(),
  elf: elfFactsSchema.optional(),
  pe: peFactsSchema.optional(),
  headers: z.array(bootHeaderSchema),
  disk: diskFactsSchema.optional(),
  /** What the boot loader would do without any hint; absent when it would refuse. */
  bootedAs: z.enum([...BOOT_PROTOCOLS, 'boot sector', 'disk']).optional(),
  /** Each protocol; of a disk only whether its first sector would be started. */
  protocols: z.array(qualificationSchema),
  /** Formats that are recognised but that the boot loader does not serve. */
  foreign: z.array(z.string()),
})

/** What some bytes are: the outermost thing first, such as partition, volume, file, segment, section, function. */
export const regionFactsSchema = z.object({
  /** Such as `partition`, `file`, `symbol`. */
  kind: z.string(),
  name: z.string(),
  /** Of the inspected file; for a virtual disk or compressed file, of what is in it. */
  offset: count,
  bytes: count,
  /** How far into the thing the region's first byte is: above 0 in the later pieces of a fragmented file. */
  base: count,
  detail: z.string().optional(),
  /** Run address of its first byte. */
  address: hexSchema.optional(),
})

/** All regions, each followed by those inside it, one deeper. */
export const mapSchema = z.object({ version: z.literal(1), bytes: count, regions: z.array(regionFactsSchema.extend({ depth: count })) })

export const originSchema = z.object({
  version: z.literal(1),
  offset: count,
  /** Empty when nothing is known about the byte. */
  chain: z.array(regionFactsSchema),
  /** Run address of the byte, when it is part of a program. */
  address: hexSchema.optional(),
  /** The source line that it was compiled from. */
  source: z.object({ file: z.string(), line: count }).optional(),
})

export type RegionFacts = z.infer<typeof regionFactsSchema>
export type FileMap = z.infer<typeof mapSchema>
export type Origin = z.infer<typeof originSchema>
export type Inspection = z.infer<typeof inspectionSchema>
export type Qualification = z.infer<typeof qualificationSchema>
export type ElfFacts = z.infer<typeof elfFactsSchema>
export type SymbolFacts = z.infer<typeof symbolFactsSchema>
export type PeFacts = z.infer<typeof peFactsSchema>
export type BootHeader = z.infer<typeof bootHeaderSchema>
export type DiskFacts = z.infer<typeof diskFactsSchema>
export type PartitionFacts = z.infer<typeof partitionFactsSchema>
export type GptHeaderFacts = z.infer<typeof gptHeaderFactsSchema>
export type VolumeFacts = z.infer<typeof volumeFactsSchema>
export type BootCodeFacts = z.infer<typeof bootCodeFactsSchema>
export type BootConfigFacts = z.infer<typeof bootConfigFactsSchema>
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>
export type ContainerFacts = z.infer<typeof containerFactsSchema>
