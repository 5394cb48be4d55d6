/** What lies on a disk: tables, boot code, volumes, files, the configuration. */
import type { DiskFacts } from '../../../shared/inspection'
import { hex } from '../errors'
import { hasPartitionTable, readPartitionTable } from '../mbr'
import { attempt } from './why-not'

export function diskFacts(bytes: Uint8Array, where: string): DiskFacts {
  const remarks: string[] = []
  const table = hasPartitionTable(bytes) ? attempt(() => readPartitionTable(bytes, where)) : { value: [] }
  if (table.why !== undefined) remarks.push(table.why)
  const partitions = table.value ?? []
  return {
    partitioning: partitions.length > 0 ? 'MBR' : 'none',
    partitions: partitions.map(({ active, type, lba, sectors }, index) => ({ number: index + 1, table: 'MBR', type: hex(type), active, firstSector: lba, sectors })),
    gptHeaders: [],
    bootCode: [],
    volumes: [],
    catalogue: [],
    configurations: [],
    remarks,
  }
}
