/** Formatting texts by clang-format and rustfmt, which get them unsaved, and find their settings by the file's place. */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FormattedLanguage } from '../../shared/formatting'
import { LabError } from '../../shared/failure'
import { isInside } from '../project/paths'
import { findOnPath, runProcess } from '../toolchain'
import { isMissing, placeOf } from './project-places'

const TIME_LIMIT_MS = 10_000

interface Formatter {
  program: string
  /** Where to get it. */
  next: string
  /** @param file absolute, may not exist */
  args(file: string, root: string): Promise<string[]>
}

const clangFormat: Formatter = {
  program: 'clang-format',
  next: 'Install clang-format (on Debian `apt install clang-format`), or switch formatting at saving off in the settings.',
  args: async (file) => ['--style=file', '--fallback-style=LLVM', `--assume-filename=${file}`],
}

const formatters: Readonly<Record<FormattedLanguage, Formatter>> = {
  c: clangFormat,
  cpp: clangFormat,
  rust: {
    program: 'rustfmt',
    next: 'Install it by `rustup component add rustfmt`, or switch formatting at saving off in the settings.',
    // Its settings are looked for from where it runs.
    args: async (file, root) => ['--emit', 'stdout', '--edition', await editionOf(dirname(file), root)],
  },
}

/**
 * @throws LabError `tool-missing`, `bad-input`, `too-slow`
 * @param find looks for a program; on PATH when absent
 */
export async function formatText(
  { directory, path, language, text }: { directory: string; path: string; language: FormattedLanguage; text: string },
  signal: AbortSignal,
  find: (program: string) => Promise<string | undefined> = findOnPath,
): Promise<string> {
  const { program, next, args } = formatters[language]
  const file = await placeOf(directory, path)
  const command = await find(program)
  if (command === undefined) throw new LabError({ code: 'tool-missing', what: `${program} is not installed.`, where: path, why: 'Bootlab brings no formatter along.', next })
  const limit = AbortSignal.timeout(TIME_LIMIT_MS)
  try {
    const result = await runProcess({ command, args: await args(file, directory), cwd: dirname(file), env: process.env, input: text, signal: AbortSignal.any([signal, limit]) })
    if (result.code === 0 && (result.stdout !== '' || text.trim() === '')) return result.stdout
    throw new LabError({ code: 'bad-input', what: `${program} cannot format this text.`, where: path, why: firstLines(result.stderr) || `It ended with code ${result.code ?? 'none'}.`, next: 'Correct what it complains about, and format again.' })
  } catch (error) {
    if (limit.aborted) throw new LabError({ code: 'too-slow', what: `${program} did not come to an end.`, where: path, next: 'Try it in a terminal, to see what keeps it.' }, { cause: error })
    throw error
  }
}

const firstLines = (output: string): string => output.trim().split(/\r?\n/).slice(0, 6).join('\n')

/** Rust's edition, as the nearest Cargo.toml of the project says; syntax depends on it. */
async function editionOf(folder: string, root: string): Promise<string> {
  const toml = await readFile(join(folder, 'Cargo.toml'), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  const edition = toml === undefined ? undefined : /^\s*edition\s*=\s*"(\d{4})"/m.exec(toml)?.[1]
  if (edition !== undefined) return edition
  return folder !== root && isInside(root, dirname(folder)) && dirname(folder) !== folder ? editionOf(dirname(folder), root) : '2021'
}
