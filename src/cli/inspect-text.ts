/** An inspection as text: from what the file is to why it boots or not, the widest first. */
import type { BootHeader, DiskFacts, ElfFacts, FileMap, Inspection, Origin, PeFacts, RegionFacts, VolumeFacts } from '../shared/inspection'

const MAX_NAME = 56

export function describeInspection(name: string, found: Inspection): string[] {
  const { bytes, format, container, elf, pe, headers, disk, bootedAs, protocols, foreign } = found
  return [
    `${name}: ${format}, ${bytes} bytes`,
    ...(container ? [`In a container: ${container.kind}${container.fields.map((field) => `, ${field.name} ${field.value}`).join('')}${container.why === undefined ? '' : `. ${container.why}`}`] : []),
    bootedAs === undefined ? 'Cannot be booted as it is.' : `Booted as: ${bootedAs}`,
    ...(elf ? describeElf(elf) : []),
    ...(pe ? describePe(pe) : []),
    ...headers.flatMap(describeHeader),
    ...(disk ? describeDisk(disk) : []),
    ...section('Boot protocols', protocols.flatMap(({ protocol, fits, reasons }) => [`${fits ? 'yes' : 'no '}  ${protocol}`, ...reasons.map((reason) => `     ${reason}`)])),
    ...section('Also', foreign),
  ]
}

/** Every region with its place, indented as deep as it lies; gaps of the outermost level are told, too. */
export function describeMap({ bytes, regions }: FileMap): string[] {
  const lines: string[] = []
  let end = 0
  const gap = (to: number): void => {
    if (to > end) lines.push(`${span(end, to - end)}  (in no table, volume or program)`)
  }
  for (const each of regions) {
    if (each.depth === 0) {
      gap(each.offset)
      end = each.offset + each.bytes
    }
    lines.push(`${span(each.offset, each.bytes)}  ${'  '.repeat(each.depth)}${describeRegion(each)}`)
  }
  gap(bytes)
  return lines
}

/** From the outside in, with the distance from each thing's start. */
export function describeOrigin({ offset, chain, address, source }: Origin): string[] {
  if (chain.length === 0) return [`${hex(offset)}: in no table, volume or program that is known`]
  return [
    `${hex(offset)}:`,
    ...chain.map((each, depth) => `${'  '.repeat(depth + 1)}${describeRegion(each)}, +${hex(each.base + offset - each.offset)}`),
    ...(address === undefined ? [] : [`Run address ${address}`]),
    ...(source ? [`Compiled from ${source.file}:${source.line}`] : []),
  ]
}

function describeRegion({ kind, name, base, detail }: RegionFacts): string {
  return `${SELF_NAMED.has(kind) ? '' : `${kind} `}${kind === 'symbol' ? clip(name) : name}${base > 0 ? ` from +${hex(base)}` : ''}${detail === undefined ? '' : `, ${detail}`}`
}

/** Kinds whose names say already what they are. */
const SELF_NAMED = new Set(['table', 'boot code', 'boot sector', 'partition', 'volume', 'file system', 'header', 'segment', 'configuration'])

function span(offset: number, bytes: number): string {
  return `${hex(offset).padStart(10)} ${hex(bytes).padStart(9)}`
}

function describeElf(elf: ElfFacts): string[] {
  const { segments, sections, symbols } = elf
  return [
    ...section('ELF', [
      `Entry point ${elf.entry}${elf.entrySymbol === undefined ? '' : ` (${elf.entrySymbol})`}; ${count(sections.length, 'section')}, ${count(elf.symbolCount, 'symbol')}${elf.sourceLines > 0 ? `, ${count(elf.sourceLines, 'source line')}` : ''}`,
      ...(elf.buildId === undefined ? [] : [`Build identity ${elf.buildId}`]),
    ]),
    ...section('Segments', [
      ...table(
        ['segment', 'offset', 'run (virtual)', 'load (physical)', 'in file', 'in memory', '', 'sections'],
        segments.map(({ type, offset, virtualAddress, physicalAddress, fileBytes, memoryBytes, flags, sections: inside }) => [type, hex(offset), virtualAddress, physicalAddress, hex(fileBytes), memoryBytes, flags, inside.join(' ')]),
      ),
    ]),
    ...section('Sections', table(['section', 'type', 'address', 'offset', 'bytes', ''], sections.map(({ name, type, address, offset, bytes, flags }) => [name, type, address, hex(offset), hex(bytes), flags]))),
    ...section(symbols.length < elf.symbolCount ? 'Symbols, the largest' : 'Symbols', table(['symbol', 'address', 'bytes', 'type', 'binding', 'section', 'source'], symbols.map((symbol) => [clip(symbol.name), symbol.address, symbol.bytes, symbol.type, symbol.binding, symbol.section, symbol.source ?? '']))),
    ...section('Remarks', elf.remarks),
  ]
}

function describePe({ bits, machine, subsystem, imageBase, entry, relocationBytes, sections, remarks }: PeFacts): string[] {
  return [
    ...section('PE', [`${bits}-bit ${subsystem} for ${machine}, image base ${imageBase}, entry point at +${entry}, ${relocationBytes} bytes of base relocations`]),
    ...section('Sections', table(['section', 'at', 'in memory', 'offset', 'in file', ''], sections.map(({ name, address, memoryBytes, offset, fileBytes, flags }) => [name, `+${hex(address)}`, hex(memoryBytes), hex(offset), hex(fileBytes), flags]))),
    ...section('Remarks', remarks),
  ]
}

function describeHeader({ name, offset, bytes, fields, remarks }: BootHeader): string[] {
  return section(`${name} at offset ${hex(offset)}, ${bytes} bytes`, [...table([], fields.map((field) => [field.name, field.value, field.meaning ?? ''])), ...remarks])
}

function describeDisk({ partitioning, partitions, gptHeaders, bootCode, volumes, catalogue, configurations, remarks }: DiskFacts): string[] {
  return [
    ...section(`Partition table: ${partitioning}`, [
      ...table(
        ['number', 'table', 'type', '', 'name', 'first sector', 'sectors', ''],
        partitions.map(({ number, table: kind, type, typeName, name, firstSector, sectors, active }) => [String(number), kind, type, typeName ?? '', name ?? '', String(firstSector), String(sectors), active ? 'active' : '']),
      ),
      ...gptHeaders.map(({ which, sector, firstUsable, lastUsable, diskGuid, faults }) => `GPT ${which} header in sector ${sector}: disk ${diskGuid}, usable sectors ${firstUsable} to ${lastUsable}; ${faults.length === 0 ? 'checksums are right' : faults.join(' ')}`),
    ]),
    ...section('Boot code', bootCode.map(({ offset, bytes, owner, fields }) => [`${hex(offset)}, ${bytes} bytes: ${owner ?? 'of unknown origin'}`, ...fields.map(({ name, value }) => `${name} ${value}`)].join('; '))),
    ...section('El Torito boot catalogue', table(['platform', 'emulation', 'load segment', 'sectors', 'offset', ''], catalogue.map(({ platform, emulation, loadSegment, sectors, offset, bootable }) => [platform, emulation, loadSegment, String(sectors), hex(offset), bootable ? 'bootable' : 'not bootable']))),
    ...volumes.flatMap(describeVolume),
    ...configurations.flatMap(({ where, timeout, default: chosen, entries, remarks: notes }) =>
      section(`Boot configuration (${where})`, [
        entries.length > 1 ? `Entry ${chosen ?? 1} of ${entries.length} is chosen${timeout === undefined ? '' : ` after ${timeout} s`}` : '',
        ...entries.flatMap(({ title, protocol, kernel, commandLine, modules, parameters }) => [
          `${title}: ${protocol ?? 'protocol found out at boot'}, kernel ${kernel}, command line ${JSON.stringify(commandLine)}`,
          ...modules.map((module) => `  module ${module.file}, ${JSON.stringify(module.commandLine)}`),
          ...Object.entries(parameters).map(([name, value]) => `  ${name} ${value}`),
        ]),
        ...notes,
      ]),
    ),
    ...section('Remarks', remarks),
  ]
}

function describeVolume({ offset, bytes, partition, bootImage, kind, label, fields, files, remarks }: VolumeFacts): string[] {
  const place = bootImage ? 'a boot image of the CD' : partition === undefined ? 'the disk itself' : `partition ${partition}`
  return section(`${kind} in ${place}, at ${hex(offset)}, ${bytes} bytes${label === undefined ? '' : `, label ${label}`}`, [
    fields.map(({ name, value }) => `${name} ${value}`).join('; '),
    ...table(['file', 'bytes', 'at', 'what'], files.map(({ path, directory, bytes: length, extents, what }) => [directory ? `${path}/` : path, directory ? '' : String(length), extents.map((extent) => `${hex(extent.offset)}+${hex(extent.bytes)}`).join(' '), what ?? ''])),
    ...remarks,
  ])
}

/** A heading and its indented lines; nothing when there are none. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.filter((line) => line !== '').map((line) => `  ${line}`)]
}

/** Columns as wide as their widest cell; nothing without rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const all = head.length > 0 ? [head, ...rows] : rows
  const widths = (rows[0] ?? []).map((_, column) => all.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0))
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
}

/** Compilers' names can be longer than a screen is wide; beginning and end tell most. */
function clip(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME / 2)}…${name.slice(1 - MAX_NAME / 2)}`
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}
