/** What cargo prints as text on standard error, as problems. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Problem } from '../../../shared/problems'
import { systemErrorCode } from '../errors'
import { knownFailure, SUMMARY } from './known'

const ERROR_LINE = /^error(?:\[(E\d+)\])?: (.*)$/
const CAUSED_BY = 'Caused by:'
const PLACE_LINE = /^\s*--> (.+):(\d+):(\d+)$/

/** Sentences around the actual reason. */
const WRAPPING = /^(failed to run `rustc` to learn about target-specific information: )?(error loading target specification: )?/
const CHOICES = /, expected one of `.*?(?= at line|$)/
const JSON_PLACE = / at line (\d+) column (\d+)$/

/** The dependency at fault, and the folder of the package that asks for it. */
const DEPENDENCY = /(?:no matching package named|failed to get|failed to select a version for(?: the requirement)?) `([A-Za-z0-9_-]+)/
const ASKED_BY = /(?:required by|dependency of) package `[^`]*\(([^()`]+)\)`/
const UNREADABLE = /failed to parse (?:manifest|lock file) at:? `?([^`]+?)`?$/m
const KEY = /failed to parse the `([a-z-]+)` key/

export interface CargoTextContext {
  /** Path of the target specification, for mistakes in it; undefined when the target is built into rustc. */
  targetFile?: string | undefined
  /** Of the rustc in use, for advice. */
  sysroot: string
  /** A file's text, undefined when it cannot be read. */
  read?: (path: string) => string | undefined
}

/** Sentences that sum up JSON messages are left out. Files are as cargo names them. */
export function problemsOfCargoText(stderr: string, { targetFile, sysroot, read = readIfThere }: CargoTextContext): Problem[] {
  const lines = stderr.split(/\r?\n/)
  return lines.flatMap((line, index) => {
    const match = ERROR_LINE.exec(line)
    const text = match?.[2]
    if (text === undefined) return []
    const next = lines.findIndex((other, at) => at > index && ERROR_LINE.test(other))
    const rest = lines.slice(index + 1, next === -1 ? lines.length : next)
    // One with a cause of its own sums up no messages: the compiler could not give any.
    const summary = SUMMARY.test(text)
    if (summary && !rest.includes(CAUSED_BY)) return []
    const block = rest.slice(0, rest.includes('') ? rest.indexOf('') : rest.length)
    const cause = causedBy(rest, summary ? 'first' : 'last')
    const listed = text.endsWith(':') ? block.filter((entry) => entry.startsWith('  ')).map((entry) => entry.trim()) : []
    const whole = [text, cause].filter((part) => part !== undefined).join(': ') + (listed.length > 0 ? ` ${listed.join(', ')}` : '')
    const known = knownFailure([whole, ...block].join('\n'), sysroot)
    const json = known?.target === true ? JSON_PLACE.exec(whole) : null
    const message = whole.replace(WRAPPING, '').replace(CHOICES, '').replace(json === null ? '' : JSON_PLACE, '')
    const problem: Problem = { severity: 'error', source: known?.target === true ? 'target' : 'cargo', message, ...(known ? { next: known.next } : {}) }
    if (match?.[1] !== undefined) problem.code = match[1]
    const place = block.map((entry) => PLACE_LINE.exec(entry)).find((found) => found !== null)
    if (place) Object.assign(problem, { file: place[1], line: Number(place[2]), column: Number(place[3]) })
    else if (known?.target === true && targetFile !== undefined) problem.file = targetFile
    else Object.assign(problem, placeInCargoFiles([text, ...rest].join('\n'), read))
    if (json !== null) problem.line = Number(json[1])
    return [problem]
  })
}

/** The first or last reason below "Caused by:", or the first error of a program that cargo ran. */
function causedBy(lines: readonly string[], which: 'first' | 'last'): string | undefined {
  const at = which === 'first' ? lines.indexOf(CAUSED_BY) : lines.lastIndexOf(CAUSED_BY)
  if (at === -1) return undefined
  const error = lines.slice(at).find((line) => /^\s+error: /.test(line)) ?? lines[at + 1]
  return error?.trim().replace(/^error: /, '')
}

/** Cargo.toml or Cargo.lock, and the line when the text names a key or dependency. */
function placeInCargoFiles(text: string, read: (path: string) => string | undefined): Partial<Problem> {
  const unreadable = UNREADABLE.exec(text)?.[1]
  const folder = ASKED_BY.exec(text)?.[1]
  const name = unreadable === undefined ? DEPENDENCY.exec(text)?.[1] : KEY.exec(text)?.[1]
  const file = unreadable ?? (folder === undefined || name === undefined ? undefined : join(folder, 'Cargo.toml'))
  if (file === undefined) return {}
  const lines = name === undefined ? [] : (read(file) ?? '').split(/\r?\n/)
  const line = lines.findIndex((entry) => name !== undefined && new RegExp(`^\\s*(${name}\\s*[=.]|\\[.*dependencies\\.${name}\\])`).test(entry)) + 1
  return { file, ...(line > 0 ? { line } : {}) }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error
    return undefined
  }
}
