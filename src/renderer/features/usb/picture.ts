/** A drive before and after, as parts of a bar. */
import type { ImagePart, JudgedDrive, RestoreFileSystem } from '../../../shared/usb'
import { strings } from '../../app/strings'

const { usb: text } = strings

export interface Part {
  kind: ImagePart['kind']
  label: string
  bytes: number
}

/** Where its volumes lie is not known, only how large they are: what is not theirs comes last. */
export function partsBefore({ volumes, bytes }: JudgedDrive): Part[] {
  const parts = volumes.map(({ label, fileSystem, path, bytes: size, kind }): Part => {
    const what = fileSystem ?? text.unknownFileSystem
    return { kind: kind === 'partition' ? 'partition' : 'volume', label: label === undefined ? `${what} (${path})` : `${what} “${label}”`, bytes: size }
  })
  return withRest(parts, bytes, parts.length === 0 ? text.parts.unrecognised : text.parts.free)
}

export function partsAfter(layout: readonly ImagePart[], driveBytes: number): Part[] {
  return withRest(layout.map(({ kind, label, bytes }) => ({ kind, label, bytes })), driveBytes, text.parts.rest)
}

export function partsRestored(fileSystem: RestoreFileSystem, label: string, driveBytes: number): Part[] {
  return [{ kind: 'partition', label: text.parts.formatted(text.parts.fileSystems[fileSystem], label), bytes: driveBytes }]
}

function withRest(parts: readonly Part[], bytes: number, label: string): Part[] {
  const rest = bytes - parts.reduce((sum, part) => sum + part.bytes, 0)
  return [...parts, ...(rest > 0 ? [{ kind: 'gap', label, bytes: rest } as const] : [])]
}

/** Gaps that only align what follows say nothing to a person. */
const SMALL_SHARE = 0.01

/** What is worth a word, in order. */
export function named(parts: readonly Part[]): Part[] {
  const total = parts.reduce((sum, part) => sum + part.bytes, 0)
  return parts.filter(({ kind, bytes }) => kind !== 'gap' || bytes >= total * SMALL_SHARE)
}
