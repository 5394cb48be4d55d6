/** Good files of every kind, small ones where the kind allows it. */
import { crc32, gzipSync } from 'node:zlib'
import { buildBootSectorImage, buildDiskImage, type DiskLoader, mapFile } from '../../../src/main/image'
import { formatBootConfig } from '../../../src/main/image/boot-config'
import { noise, sampleElf } from '../../../src/main/image/elf-sample'
import { makeFat, type FatFile } from '../../../src/main/image/fat'
import { inFormat } from '../../../src/main/image/formats'
import { GPT, GPT_TYPE, writeGpt } from '../../../src/main/image/gpt'
import { makeIso } from '../../../src/main/image/iso'
import { writePartitionTable } from '../../../src/main/image/mbr'
import { placeRawFiles, writeRawHeader } from '../../../src/main/image/raw-volume'
import { assembleEfi } from '../../../src/main/toolchain'
import { MAGIC } from '../../../src/main/image/layout'
import { type FileSystem, type ImageLayout, VIRTUAL_DISK_FORMATS } from '../../../src/shared/image'
import { linkKernel } from '../../support/link-kernel'
import type { ByteSeed } from './mutate'

export interface Seeds {
  /** Stands in for the boot loader, whose code nothing here runs. */
  loader: DiskLoader
  bytes: ByteSeed[]
  texts: { kind: 'manifest' | 'configuration'; text: string }[]
}

const SECTOR = 512
const KERNEL = `
static int counter;
int table[4] = { 1, 2, 3, 4 };
static inline int twice(int value) { return value * 2; }
__attribute__((noinline)) int work(int *place) {
  for (int i = 0; i < 4; i++)
    counter += twice(place[i]);
  return counter;
}
void start(void) {
  for (;;)
    work(table);
}
`
/** Limine's base revision 3, a request for the memory map, and a configuration section as bootloader_api 0.11.11 writes it. */
const MARKED_KERNEL = `${KERNEL}
__attribute__((used, aligned(8))) static volatile unsigned long long revision[3] = { 0xf9562b2d5c95a6c8ull, 0x6a7b384944536bdcull, 3 };
__attribute__((used, aligned(8))) static volatile unsigned long long request[6] = { 0xc7b1dd30df4c8b88ull, 0x0a82e883a194f07bull, 0x67cf3d9d378a806full, 0xe304acdfc50c3c62ull, 0, 0 };
__attribute__((used, section(".bootloader-config"))) static unsigned char configuration[133] = {
  0x74, 0x3c, 0xa9, 0x61, 0x09, 0x36, 0x46, 0xa0, 0xbb, 0x55, 0x5c, 0x15, 0x89, 0x15, 0x25, 0x3d, 0, 0, 11, 0, 11, 0, 0, 0, 0x40, 1 };
`
const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer)
const MULTIBOOT1 = words(0x1badb002, 0x10007, -(0x1badb002 + 0x10007), 0x100100, 0x100000, 0, 0x104000, 0x100120, 0, 1024, 768, 32)
const MULTIBOOT2 = words(0xe85250d6, 0, 96, -(0xe85250d6 + 96), 1, 16, 6, 8, 5, 20, 1024, 768, 32, 0, 0x1000a, 24, 0x100000, 0xffffffff, 4096, 1, 0, 8, 0, 0)
const DYNAMIC = words(7, 0, 0x100, 0, 8, 0, 48, 0, 9, 0, 24, 0, 36, 0, 0x180, 0, 35, 0, 16, 0, 0, 0, 0, 0)

/** Compiled ones need about a second. */
export async function makeSeeds(): Promise<Seeds> {
  const debug64 = await linkKernel({ bits: 64, source: KERNEL, debug: true, linkArguments: ['--image-base=0xffffffff80000000'] })
  const debug32 = await linkKernel({ bits: 32, source: KERNEL, debug: true })
  const compressed = await linkKernel({ bits: 64, source: KERNEL, debug: true, linkArguments: ['--compress-debug-sections=zlib'] })
  const marked = await linkKernel({ bits: 64, source: MARKED_KERNEL, pie: true })
  const efi = { sources: [{ name: 'main.c', text: 'void *at; unsigned long long efi_main(void *image, void *table) { at = table; return image == &at; }\n' }], defines: {}, flags: ['-Os'] }
  const kernel = withHeader(MULTIBOOT1)
  const files: FatFile[] = [
    { path: '/boot/kernel.elf', bytes: kernel },
    { path: '/boot/A long name with ünïcödé.txt', bytes: noise(3000, 5) },
    { path: '/boot/deep/er/folder/file.bin', bytes: noise(700, 6) },
    { path: '/boot/bootlab.cfg', bytes: new TextEncoder().encode(CONFIGURATION) },
  ]
  const rawDisk = diskWithRawVolume(kernel)
  const gptDisk = diskWithGpt(await makeFat({ kind: 'fat12', sectors: 160, files: files.slice(2) }))
  const loader: DiskLoader = { stage1: bootSector().fill(0, 0x5a), stage2: Uint8Array.from([...words(MAGIC.STAGE2_MAGIC), ...noise(2000, 9)]) }
  const bytes: ByteSeed[] = [
    hot('ELF with a Multiboot header', kernel),
    hot('ELF with a Multiboot 2 header', withHeader(MULTIBOOT2)),
    hot('position-independent ELF', sampleElf({ bits: 64, type: 3, segments: [{ virtualAddress: 0n, content: noise(512, 1) }, { type: 2, virtualAddress: 0x1000n, content: DYNAMIC }] })),
    hot('32-bit ELF with debug information', debug32),
    hot('64-bit ELF with debug information', debug64),
    hot('ELF with compressed debug information', compressed),
    hot('ELF with Limine requests and a section of bootloader 0.11', marked),
    hot('PE32+', await assembleEfi({ ...efi, machine: 'x64' })),
    hot('PE32', await assembleEfi({ ...efi, machine: 'ia32' })),
    { name: 'Linux kernel', bytes: linuxKernel(), hot: [{ offset: 0x1f1, bytes: 0x80 }] },
    { name: 'flat file with a Multiboot header', bytes: flatMultiboot(), hot: [{ offset: 0, bytes: 64 }] },
    { name: 'boot sector', bytes: buildBootSectorImage(bootSector()).slice(0, SECTOR), hot: [{ offset: 0, bytes: 64 }, { offset: 440, bytes: 72 }] },
    hot('disk with MBR and a raw volume', rawDisk),
    hot('disk with GPT and FAT12', gptDisk, mendGpt),
    hot('superfloppy with FAT12', await makeFat({ kind: 'fat12', sectors: 'fit', label: 'SEED', files })),
    hot('FAT16', await makeFat({ kind: 'fat16', sectors: 'fit', label: 'SEED', files })),
    hot('FAT32', await makeFat({ kind: 'fat32', sectors: 'fit', label: 'SEED', files })),
    ...VIRTUAL_DISK_FORMATS.map((format) => containerSeed(format, inFormat(rawDisk, format, 'disk'))),
    hot('CD', cdImage(kernel, await makeFat({ kind: 'fat12', sectors: 160, files: files.slice(2) }))),
    { name: 'gzip', bytes: new Uint8Array(gzipSync(kernel)), hot: [{ offset: 0, bytes: 64 }] },
    ...(await Promise.all(LAYOUTS.map(async ([layout, fileSystem]) => hot(`${layout}, file system ${fileSystem}`, (await buildDiskImage({ kernel, loader, commandLine: 'quiet', modules: [{ bytes: noise(900, 2), commandLine: 'm' }], image: { layout, fileSystem, firmware: 'bios' } })).image)))),
    { name: 'noise', bytes: noise(2000, 7), hot: [] },
  ]
  // A Buffer's slice is no copy, and damage could not be undone with it.
  return { loader, bytes: bytes.map((seed) => ({ ...seed, bytes: new Uint8Array(seed.bytes) })), texts: [...MANIFESTS.map((text) => ({ kind: 'manifest' as const, text })), { kind: 'configuration', text: CONFIGURATION }] }
}

/** Hot is what the map of the file says is a table, a header or another structure, and the beginnings of sections. */
function hot(name: string, bytes: Uint8Array, repair?: (bytes: Uint8Array) => void): ByteSeed {
  const regions = mapFile(bytes, name).regions.filter(({ kind }) => HOT_KINDS.has(kind))
  return { name, bytes, hot: [{ offset: 0, bytes: Math.min(bytes.length, SECTOR) }, ...regions.map(({ offset, bytes: length }) => ({ offset, bytes: Math.min(length, MOST_OF_A_REGION) }))], ...(repair && { repair }) }
}

const LAYOUTS: readonly (readonly [ImageLayout, FileSystem])[] = [['mbr', 'none'], ['mbr', 'auto'], ['gpt', 'auto'], ['hybrid', 'auto'], ['superfloppy', 'auto'], ['floppy', 'auto']]
const HOT_KINDS = new Set(['table', 'boot code', 'boot sector', 'file system', 'directory', 'header', 'section', 'configuration'])
const MOST_OF_A_REGION = 1024

function containerSeed(format: string, bytes: Uint8Array): ByteSeed {
  const end = { offset: Math.max(0, bytes.length - SECTOR), bytes: Math.min(SECTOR, bytes.length) }
  return { name: format, bytes, hot: [{ offset: 0, bytes: Math.min(bytes.length, 1024) }, end, { offset: 0, bytes: Math.min(bytes.length, 128 * 1024) }] }
}

function withHeader(header: Uint8Array): Uint8Array {
  const content = noise(4096, 3)
  content.set(header, 0x100)
  return sampleElf({ bits: 32, segments: [{ virtualAddress: 0x100000n, content, memoryBytes: 0x4000n }, { virtualAddress: 0x110000n, content: noise(64, 4) }] })
}

function flatMultiboot(): Uint8Array {
  const bytes = noise(1024, 8)
  bytes.set(words(0x1badb002, 0x10003, -(0x1badb002 + 0x10003), 0x100000, 0x100000, 0x100400, 0x101000, 0x100020))
  return bytes
}

function bootSector(): Uint8Array {
  const sector = noise(SECTOR, 9)
  sector.fill(0, 446, 510)
  sector.set([0x55, 0xaa], 510)
  return sector
}

function linuxKernel(): Uint8Array {
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  bytes[0x1f1] = 1
  view.setUint16(0x1fe, 0xaa55, true)
  view.setUint32(0x202, 0x53726448, true)
  view.setUint16(0x206, 0x20f, true)
  view.setUint16(0x20e, 0x100, true)
  bytes[0x211] = 1
  view.setUint32(0x22c, 0x7fffffff, true)
  view.setUint32(0x230, 0x200000, true)
  bytes[0x234] = 1
  view.setUint32(0x238, 2047, true)
  view.setBigUint64(0x258, 0x1000000n, true)
  view.setUint32(0x260, 0x100000, true)
  bytes.set(new TextEncoder().encode('6.1.0 (builder@host)\0'), 0x300)
  return bytes
}

function cdImage(kernel: Uint8Array, efi: Uint8Array): Uint8Array {
  const files = [{ path: '/boot/kernel.elf', bytes: kernel }, { path: '/boot/bootlab.cfg', bytes: new TextEncoder().encode(CONFIGURATION) }, { path: '/boot/A long name with ünïcödé.txt', bytes: noise(3000, 5) }, { path: '/bios.bin', bytes: noise(4096, 1) }, { path: '/efi.img', bytes: efi }]
  return makeIso({ label: 'SEED', files, biosBoot: { path: '/bios.bin', loadSectors: 4 }, efiBoot: { path: '/efi.img' } }).image
}

const RAW_LBA = 8

function diskWithRawVolume(kernel: Uint8Array): Uint8Array {
  const config = (names: readonly string[]): string => formatBootConfig({ default: 1, entries: [{ title: 'Kernel', protocol: 'multiboot1', kernel: names[0] ?? '', commandLine: 'quiet', modules: [{ path: names[1] ?? '', commandLine: 'm' }], parameters: {} }] })
  const files = [kernel, noise(900, 2)]
  const { text, sectors } = placeRawFiles(files.map(({ length }) => length), config)
  const end = (sectors.at(-1) ?? 0) + 4
  const disk = new Uint8Array((RAW_LBA + end) * SECTOR)
  disk.set(bootSector())
  writePartitionTable(disk, [{ active: true, type: 0x7f, lba: RAW_LBA, sectors: end }])
  const volume = disk.subarray(RAW_LBA * SECTOR)
  writeRawHeader(volume, text)
  for (const [index, file] of files.entries()) volume.set(file, (sectors[index] ?? 0) * SECTOR)
  return disk
}

const GPT_FIRST = 34

function diskWithGpt(volume: Uint8Array): Uint8Array {
  const sectors = volume.length / SECTOR
  const disk = new Uint8Array((GPT_FIRST + sectors + GPT.BACKUP_SECTORS) * SECTOR)
  disk.set(bootSector())
  writePartitionTable(disk, [{ active: false, type: 0xee, lba: 1, sectors: disk.length / SECTOR - 1 }])
  writeGpt(disk, { id: '11111111-2222-4333-8444-555555555555', firstUsable: GPT_FIRST, partitions: [{ type: GPT_TYPE.EFI_SYSTEM, id: '11111111-2222-4333-8444-666666666666', lba: GPT_FIRST, sectors, attributes: 4n, name: 'boot' }] })
  disk.set(volume, GPT_FIRST * SECTOR)
  return disk
}

/** UEFI specification 2.10, 5.3.2: the CRC of the entries, then that of the header. */
function mendGpt(disk: Uint8Array): void {
  const view = new DataView(disk.buffer, disk.byteOffset, disk.byteLength)
  for (const header of [SECTOR, disk.length - SECTOR]) {
    const [entries, count, size] = [Number(view.getBigUint64(header + 72, true)) * SECTOR, view.getUint32(header + 80, true), view.getUint32(header + 84, true)]
    if (entries + count * size <= disk.length) view.setUint32(header + 88, crc32(disk.subarray(entries, entries + count * size)), true)
    const length = Math.min(SECTOR, view.getUint32(header + 12, true))
    view.setUint32(header + 16, 0, true)
    view.setUint32(header + 16, crc32(disk.subarray(header, header + length)), true)
  }
}

const CONFIGURATION = `# What the boot loader starts.
timeout 5
default 2
entry First kernel
protocol multiboot1
kernel /boot/kernel.elf
cmdline root=/dev/hda1 verbose "two words"
module /boot/deep/er/folder/file.bin
module-cmdline ramdisk=1
entry Flat
protocol flat16
kernel @16+12345
address 0x8000
`

const MANIFESTS = [
  `{
  "name": "kernel",
  "kind": "c",
  "target": "x86_64-kernel.json",
  "sources": ["src/*.c", "boot.S"],
  "include": ["include"],
  "linkerScript": "linker.ld",
  "boot": { "protocol": "multiboot2" },
  "run": { "memory": "128M", "append": "quiet", "cpu": "max" }
}`,
  `{ "name": "sector", "kind": "boot-sector", "sources": ["boot.S"] }`,
  `{ "name": "disk", "kind": "disk", "parts": [{ "sector": 0, "sources": ["boot.S"] }, { "sector": 1, "sources": ["stage2.S"] }], "size": "2M" }`,
  `{ "name": "made", "kind": "command", "command": ["make", "all"], "output": "kernel.bin", "boot": { "protocol": "flat32", "address": "0x100000" } }`,
  `{ "name": "rusty", "kind": "rust", "package": "kernel", "run": { "memory": 1 } }`,
]
