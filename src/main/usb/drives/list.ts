/** The computer's drives, asked from its operating system. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { parse as parsePlist } from 'fast-plist'
import { z } from 'zod'
import type { Drive } from '../../../shared/drives'
import { LabError } from '../../../shared/failure'
import { linuxDrives, lsblkSchema, parseMountInfo } from './linux'
import { macosDrives } from './macos'
import { WINDOWS_QUERY, windowsDrives } from './windows'

/** What is asked for the list and for judging it. */
export interface DriveList {
  drives: Drive[]
  /** Of all file systems, those that lie on no drive, too. */
  mountPoints: string[]
  /** Files that memory is moved out to. */
  swapFiles: string[]
}

/** A sleeping disk may need some seconds to wake up. */
const TIMEOUT_MS = 30_000
const MAX_OUTPUT_BYTES = 16 << 20

/** @throws LabError when the system's own program is missing, fails or says something unknown; the signal's reason */
export async function listDrives(signal?: AbortSignal): Promise<DriveList> {
  try {
    if (process.platform === 'linux') return await listLinux(signal)
    if (process.platform === 'darwin') return await listMacos(signal)
    if (process.platform === 'win32') return await listWindows(signal)
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof LabError || !(cause instanceof z.ZodError)) throw cause
    throw new LabError({ code: 'internal', what: 'What the operating system says of its drives is of an unknown form.', why: z.prettifyError(cause), next: 'Nothing is written to a drive that is not understood. Write the image with another program, and tell us what the system’s own list looks like.' }, { cause })
  }
  throw new LabError({ code: 'unsupported', what: `Drives of ${process.platform} cannot be listed.`, why: 'Bootlab knows those of Linux, macOS and Windows.', next: 'Save the image as a file, and write it with a program of this system.' })
}

async function ask(command: string, args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true, ...(signal && { signal }) })
    return stdout
  } catch (cause) {
    signal?.throwIfAborted()
    const said = cause instanceof Error ? cause.message.trim() : String(cause)
    throw new LabError({ code: 'tool-missing', what: 'The list of drives cannot be read.', where: command, why: `The system’s program for it failed: ${said}`, next: `Run ${command} by hand to see what it misses.` }, { cause })
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LabError({ code: 'internal', what: 'The list of drives cannot be read.', why: `The system’s program printed something else than JSON: ${text.slice(0, 200)}`, next: 'Try again.' }, { cause })
  }
}

async function listLinux(signal: AbortSignal | undefined): Promise<DriveList> {
  const [lsblk, mountInfo, swaps] = await Promise.all([ask('lsblk', ['-J', '-b', '-p', '-O'], signal).then(json), readFile('/proc/self/mountinfo', 'utf8'), readFile('/proc/swaps', 'utf8').catch(missing)])
  const mounts = parseMountInfo(mountInfo)
  const tops = lsblkSchema.parse(lsblk).blockdevices
  const note = async (path: string, file: string): Promise<[string, string] | undefined> => {
    const text = await readFile(`/sys/block/${basename(path)}/${file}`, 'utf8').catch(missing)
    return text === undefined ? undefined : [path, text.trim()]
  }
  const [diskseq, backing] = await Promise.all(['diskseq', 'loop/backing_file'].map((file) => Promise.all(tops.map(({ path }) => note(path, file)))))
  const known = (entries: readonly ([string, string] | undefined)[] = []): Map<string, string> => new Map(entries.filter((entry) => entry !== undefined))
  return {
    drives: linuxDrives(lsblk, { diskseq: known(diskseq), backingFiles: known(backing), mounts }),
    mountPoints: mounts.map(({ point }) => point),
    swapFiles: (swaps ?? '').split('\n').map((line) => line.split(/\s+/)).filter(([, type]) => type === 'file').map(([path = '']) => path),
  }
}

/** A kernel before 5.15 numbers no media; a drive that is no loop has no file behind it. */
function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV')) return undefined
  throw error
}

async function listMacos(signal: AbortSignal | undefined): Promise<DriveList> {
  const list: unknown = parsePlist(await ask('diskutil', ['list', '-plist'], signal))
  const { WholeDisks } = z.object({ WholeDisks: z.array(z.string()) }).parse(list)
  const infos = await Promise.all(WholeDisks.map(async (disk): Promise<unknown> => parsePlist(await ask('diskutil', ['info', '-plist', disk], signal))))
  const mount = await ask('mount', [], signal)
  return {
    drives: macosDrives(list, infos),
    // "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)"
    mountPoints: mount.split('\n').flatMap((line) => /^.*? on (.*) \([^)]*\)$/.exec(line)?.[1] ?? []),
    swapFiles: [],
  }
}

async function listWindows(signal: AbortSignal | undefined): Promise<DriveList> {
  const encoded = Buffer.from(WINDOWS_QUERY, 'utf16le').toString('base64')
  const answer = json(await ask('powershell.exe', ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-EncodedCommand', encoded], signal))
  const drives = windowsDrives(answer)
  return { drives, mountPoints: drives.flatMap(({ volumes }) => volumes.flatMap(({ mountPoints }) => mountPoints)), swapFiles: [] }
}
