/** A transfer of sectors by the 82077AA: what its nine bytes say (data sheet 290166, 5.1), and how far it is. */
import { fdcCommand, type FdcCommand } from './fdc-commands'
import type { StateFields } from '../state/fields'

export interface FdcParameters {
  /** Drive in bits 0 and 1, head in bit 2. */
  readonly select: number
  readonly cylinder: number
  readonly head: number
  readonly sector: number
  /** 128 × 2^size bytes a sector. */
  readonly size: number
  /** Last sector of a track (EOT). */
  readonly last: number
  readonly multiTrack: boolean
  /** Sectors of the other kind (deleted or not) are passed over. */
  readonly skip: boolean
  /** Of VERIFY with EC: so many sectors. */
  readonly count: number | undefined
}

/** Where on the diskette the next sector is. */
export interface Transfer {
  /** As the program gave them. */
  readonly bytes: readonly number[]
  readonly command: FdcCommand
  readonly parameters: FdcParameters
  cylinder: number
  head: number
  sector: number
  /** Sectors that are done. */
  done: number
}

const COMMAND_BYTES = 9
const ENABLE_COUNT = 0x80
const MOST_SECTORS = 256

function parametersOf([code = 0, select = 0, cylinder = 0, head = 0, sector = 0, size = 0, last = 0, , count = 0]: readonly number[]): FdcParameters {
  return {
    select: select & 7, cylinder, head: head & 1, sector, size, last, multiTrack: (code & 0x80) !== 0, skip: (code & 0x20) !== 0,
    count: select & ENABLE_COUNT ? count || MOST_SECTORS : undefined,
  }
}

/** READ TRACK begins behind the index hole, whatever sector its bytes name. */
export function newTransfer(command: FdcCommand, bytes: readonly number[]): Transfer {
  const parameters = parametersOf(bytes)
  const { cylinder, head, sector } = parameters
  return { bytes, command, parameters, cylinder, head, sector: command.sectors === 'track' ? 1 : sector, done: 0 }
}

export function exchangeTransfer(state: StateFields, value: Transfer | undefined): Transfer {
  const bytes = state.numbers('bytes', value?.bytes ?? [], COMMAND_BYTES, 0xff)
  const command = fdcCommand(bytes[0] ?? 0)
  if (command?.direction === undefined || bytes.length !== COMMAND_BYTES) throw state.wrong('it is no command that transfers sectors')
  const transfer = newTransfer(command, bytes)
  transfer.cylinder = state.word('cylinder', value?.cylinder ?? 0)
  transfer.head = state.byte('head', value?.head ?? 0)
  transfer.sector = state.word('sector', value?.sector ?? 0)
  transfer.done = state.int('done', value?.done ?? 0)
  return transfer
}
