/** What may be written: one pure function from a drive and what must be kept to a verdict with its reasons. */
import { allVolumes, type Drive, type Verdict, type Volume } from '../../shared/drives'

export interface PolicyContext {
  system: 'linux' | 'darwin' | 'win32'
  /** Length of what is to be written. */
  neededBytes: number
  /** Absolute, resolved paths of what must survive: home, project, the image itself, the lab, swap files. */
  keep: readonly { path: string; what: string }[]
  /** All mount points of the computer: the longest that holds a path is where the path lies. */
  mountPoints: readonly string[]
}

/** Larger drives are rarely sticks. */
export const LARGE_BYTES = 128e9

/**
 * Where people's media are mounted. Whatever is mounted elsewhere is part of the running system: `/`, `/boot`, `/home`, the medium of a live system
 * (`/run/live/medium`, `/cdrom`). Sources: Filesystem Hierarchy Standard 3.0, 3.11 and 3.12; udisks(8); macOS, /Volumes.
 */
const ORDINARY: Readonly<Record<PolicyContext['system'], RegExp>> = {
  linux: /^\/(media|mnt|run\/media)(\/|$)/,
  darwin: /^\/Volumes\/./,
  // The system says itself which volumes are its own.
  win32: /^/,
}

/** The verdict on a drive; any reason to refuse wins over all reasons to ask. */
export function judgeDrive(drive: Drive, context: PolicyContext): Verdict {
  const refused = refusals(drive, context)
  if (refused.length > 0) return { verdict: 'refused', reasons: refused }
  const questions = doubts(drive)
  return { verdict: questions.length > 0 ? 'confirm' : 'allowed', reasons: questions }
}

function refusals(drive: Drive, { system, neededBytes, keep, mountPoints }: PolicyContext): string[] {
  if (drive.bytes === 0) return ['There is no medium in it.']
  const reasons: string[] = []
  if (drive.reserved !== undefined) reasons.push(drive.reserved)
  for (const volume of allVolumes(drive)) {
    if (volume.system) reasons.push(`The running system is on it (${volume.path}).`)
    if (volume.swap) reasons.push(`The running system moves memory out to ${volume.path}.`)
    for (const point of volume.mountPoints) {
      if (point === '/') reasons.push(`The running system is on it: ${volume.path} is mounted at /.`)
      else if (!ORDINARY[system].test(point)) reasons.push(`${volume.path} is mounted at ${point}, where the running system needs it.`)
      for (const { path, what } of keep) if (mountOf(path, mountPoints, system) === normal(point, system)) reasons.push(`${what} is on it: ${path}.`)
    }
  }
  if (drive.readOnly) reasons.push('It is write-protected. Some sticks and cards have a switch for that.')
  if (drive.bytes < neededBytes) reasons.push(`It is too small: it holds ${sizeText(drive.bytes)}, and ${sizeText(neededBytes)} are to be written.`)
  return [...new Set(reasons)]
}

function doubts(drive: Drive): string[] {
  const reasons: string[] = []
  const volumes = allVolumes(drive)
  if (drive.bytes > LARGE_BYTES) reasons.push(`It holds ${sizeText(drive.bytes)}: more than most sticks do.`)
  if (!drive.removable) reasons.push('It is not made to be taken out: it may be a disk of this computer.')
  if (drive.volumes.length > 1) reasons.push(`It has ${drive.volumes.length} partitions.`)
  reasons.push(...volumes.filter(({ fileSystem, mountPoints, label }) => fileSystem !== undefined || mountPoints.length > 0 || label !== undefined).map(describe))
  return reasons
}

function describe({ path, label, fileSystem, bytes, usedBytes, lastUsed, mountPoints }: Volume): string {
  const parts = [
    `${path}${label === undefined ? '' : ` “${label}”`}`,
    [fileSystem, sizeText(bytes)].filter((part) => part !== undefined).join(', '),
    usedBytes === undefined ? undefined : `${sizeText(usedBytes)} of it in use`,
    lastUsed === undefined ? undefined : `last changed on ${new Date(lastUsed).toISOString().slice(0, 10)}`,
    mountPoints.length === 0 ? undefined : `open at ${mountPoints.join(' and ')}`,
  ]
  return `Erased would be ${parts.filter((part) => part !== undefined).join('; ')}.`
}

/** The mount point that a path lies in. */
function mountOf(path: string, mountPoints: readonly string[], system: PolicyContext['system']): string | undefined {
  const wanted = normal(path, system)
  return mountPoints
    .map((point) => normal(point, system))
    .filter((point) => wanted === point || wanted.startsWith(point.endsWith(separator(system)) ? point : point + separator(system)))
    .reduce<string | undefined>((longest, point) => (longest === undefined || point.length > longest.length ? point : longest), undefined)
}

function separator(system: PolicyContext['system']): string {
  return system === 'win32' ? '\\' : '/'
}

/** File systems of Windows and macOS take no account of case; no path ends in a separator but the root's. */
function normal(path: string, system: PolicyContext['system']): string {
  const folded = system === 'linux' ? path : path.toLowerCase()
  if (system === 'win32') return folded.replaceAll('/', '\\').replace(/\\+$/, '')
  return folded.length > 1 ? folded.replace(/\/+$/, '') : folded
}

/** As on the drive's label: thousands. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
