/** `bootlab drives`. */
import { judgedDrives, type JudgedDrive } from '../main/services/drives'
import { EXIT } from './exit-codes'

export interface DrivesOptions {
  /** Drives that may not be written, too. */
  all?: true
  json?: true
}

const MARKS: Readonly<Record<JudgedDrive['verdict'], string>> = { allowed: 'can be written', confirm: 'asks first', refused: 'never written' }

export async function drivesCommand({ all, json }: DrivesOptions, signal: AbortSignal): Promise<number> {
  const drives = await judgedDrives({ neededBytes: 1, keep: [], signal })
  const shown = all ? drives : drives.filter(({ verdict }) => verdict !== 'refused')
  if (json) console.log(JSON.stringify(shown))
  else for (const line of describe(shown, drives.length - shown.length)) console.log(line)
  return EXIT.ok
}

function describe(shown: readonly JudgedDrive[], hidden: number): string[] {
  const lines = shown.flatMap(({ path, name, bytes, verdict, reasons }) => [`${path}  ${name}, ${(bytes / 1e9).toFixed(1)} GB: ${MARKS[verdict]}`, ...reasons.map((reason) => `    ${reason}`)])
  if (shown.length === 0) lines.push('There is no drive that an image could be written to. Plug in a stick.')
  if (hidden > 0) lines.push(`${hidden} drive${hidden === 1 ? '' : 's'} that must not be written ${hidden === 1 ? 'is' : 'are'} not shown: --all shows them with the reasons.`)
  return lines
}
