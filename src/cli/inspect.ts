/** `bootlab inspect`. */
import { basename, resolve } from 'node:path'
import { type Inspection, inspectInput } from '../main/services/inspect'
import { EXIT } from './exit-codes'

/** @returns `badInput` when nothing could boot the file as it is */
export async function inspect(file: string, { json }: { json?: true }): Promise<number> {
  const path = resolve(file)
  const found = await inspectInput(path)
  if (json) console.log(JSON.stringify(found))
  else for (const line of describe(basename(path), found)) console.log(line)
  return found.bootedAs === undefined ? EXIT.badInput : EXIT.ok
}

function describe(name: string, { bytes, format, elf, disk, bootedAs, protocols, foreign }: Inspection): string[] {
  const lines = [`${name}: ${format}, ${bytes} bytes`, bootedAs === undefined ? 'Cannot be booted as it is.' : `Booted as: ${bootedAs}`]
  if (elf) {
    lines.push('', `Entry point ${elf.entry}; ${elf.sections.length} sections, ${elf.symbols} symbols`)
    const rows = elf.segments.map(({ type, offset, virtualAddress, physicalAddress, fileBytes, memoryBytes, flags }) => [type, `0x${offset.toString(16)}`, virtualAddress, physicalAddress, `0x${fileBytes.toString(16)}`, memoryBytes, flags])
    lines.push(...table([['segment', 'offset', 'virtual', 'physical', 'in file', 'in memory', ''], ...rows]), ...elf.remarks)
  }
  if (disk) {
    lines.push('', disk.partitions.length === 0 ? 'No partition table.' : 'Partitions:')
    if (disk.partitions.length > 0) lines.push(...table([['type', 'first sector', 'sectors', ''], ...disk.partitions.map(({ type, firstSector, sectors, active }) => [type, String(firstSector), String(sectors), active ? 'active' : ''])]))
    if (disk.content) {
      const { protocol, kernelBytes, commandLine, modules } = disk.content
      lines.push(`Packed by Bootlab: a kernel of ${kernelBytes} bytes, booted as ${protocol}, command line ${JSON.stringify(commandLine)}`)
      for (const module of modules) lines.push(`  module of ${module.bytes} bytes, ${JSON.stringify(module.commandLine)}`)
    }
  }
  lines.push('', 'Boot protocols:')
  for (const { protocol, fits, reasons } of protocols) {
    lines.push(`  ${fits ? 'yes' : 'no '}  ${protocol}`)
    for (const reason of reasons) lines.push(`       ${reason}`)
  }
  return [...lines, ...foreign]
}

/** Columns as wide as their widest cell. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
