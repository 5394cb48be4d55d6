/** Names of volumes, by file system. */
import { LabError } from '../../../shared/failure'
import { FAT_LABEL } from '../../image/fat'

const MAX_UNITS = 11
/** Source: exFAT file system specification, 7.3.3 and table 35 (the invalid characters of file names). */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const EXFAT_FORBIDDEN = /[\u0000-\u001f"*/:<>?\\|]/

/**
 * The label as a FAT volume keeps it: upper case; empty for none. Letters with accents are refused, since FAT keeps labels in the code page
 * of whoever reads them.
 * @throws LabError
 */
export function fatVolumeLabel(label: string): string {
  const kept = label.trim().toUpperCase()
  if (kept === '' || FAT_LABEL.test(kept)) return kept
  throw badLabel(label, 'FAT', 'It has at most 11 letters without accents, digits, spaces, or the signs ! # $ % & \' ( ) @ ^ _ ` { } ~ -.')
}

/**
 * The label as an exFAT volume keeps it, in its own case; empty for none.
 * @throws LabError
 */
export function exfatVolumeLabel(label: string): string {
  const kept = label.trim()
  if (kept.length <= MAX_UNITS && !EXFAT_FORBIDDEN.test(kept) && !/\p{Surrogate}/u.test(kept)) return kept
  throw badLabel(label, 'exFAT', 'It has at most 11 characters (some, such as emoji, count as two), and none of " * / : < > ? \\ |.')
}

function badLabel(label: string, fileSystem: string, why: string): LabError {
  return new LabError({ code: 'bad-input', what: `${JSON.stringify(label)} cannot be the name of a drive with ${fileSystem}.`, why, next: 'Choose another name, or leave it out.' })
}
