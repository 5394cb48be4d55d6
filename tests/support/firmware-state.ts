/**
 * UEFI firmware takes five seconds of QEMU's time to the moment when it first looks at a drive, and in all boots of one machine does the same until then.
 * So the first boot of a machine in a run of the tests leaves its state of that moment, and later ones go on from there, with drives of their own: what
 * the firmware makes of a drive is always found out anew. A state is kept only if no drive had got a command by then, as QEMU's trace says.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Monitor } from './qemu'
import { runFolder } from './run-folder'

/** The PCI bus driver is about to start the devices: it writes their interrupt lines (PCI Local Bus 3.0, 6.2.4). The drivers of drives are connected after that. */
const DEVICES_START = /^.*pci_cfg_write .* @0x3c <- /m
const DRIVE_TOUCHED = /ide_exec_cmd|scsi_req_parsed/
const LOOK_MS = 10
const statusOf = z.object({ status: z.string() })
const TRACED = ['pci_cfg_write', 'ide_exec_cmd', 'scsi_req_parsed']

export interface FirmwareState {
  /** What QEMU is told beside its other arguments. */
  readonly args: readonly string[]
  /** To be called again and again: leaves the state when its moment is there, or goes on from the one that was left. */
  look(monitor: Monitor): Promise<void>
}

/**
 * @param machine QEMU's arguments but those that name files of one boot: what makes a machine another one
 * @param folder of this boot alone
 */
export function firmwareState(machine: readonly string[], folder: string): FirmwareState | undefined {
  const shared = runFolder()
  if (shared === undefined) return undefined
  const path = join(shared, `firmware-${createHash('sha256').update(JSON.stringify(machine)).digest('hex').slice(0, 16)}`)
  return existsSync(path) ? goingOn(path) : leaving(path, folder)
}

function goingOn(path: string): FirmwareState {
  let runs = false
  const look = async (monitor: Monitor): Promise<void> => {
    if (runs) return
    const answer = await monitor.ask('query-status')
    // It stood still when it was written, and does so again when all of it was read.
    if (answer === undefined || statusOf.parse(answer).status !== 'paused') return
    runs = true
    await monitor.command('cont')
  }
  return { args: ['-incoming', `exec:cat '${path}'`], look }
}

function leaving(path: string, folder: string): FirmwareState {
  const trace = join(folder, 'trace')
  const traced = (event: RegExp): boolean => existsSync(trace) && event.test(readFileSync(trace, 'latin1'))
  let left = false
  const look = async (monitor: Monitor): Promise<void> => {
    if (left || !traced(DEVICES_START)) return
    left = true
    await monitor.command('stop')
    if (!traced(DRIVE_TOUCHED)) await write(monitor, join(folder, 'state'), path)
    await monitor.command('cont')
  }
  return { args: [...TRACED.flatMap((event) => ['-trace', event]), '-D', trace], look }
}

/** Writes the state of a machine that stands still; it gets its name when it is whole. */
async function write(monitor: Monitor, part: string, path: string): Promise<void> {
  await monitor.command('migrate', { uri: `exec:cat > '${part}'` })
  for (;;) {
    const answer = await monitor.ask('query-migrate')
    if (answer === undefined) return
    const { status } = statusOf.parse(answer)
    if (status === 'completed') break
    if (status === 'failed' || status === 'cancelled') throw new Error(`QEMU did not write the state of its firmware: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  renameSync(part, path)
}
