/** What cargo's files of older kernels hold that decides whether they build. Source: The Cargo Book, chapters The Manifest Format and Configuration. */
import type { Draft, Examination } from './finding'
import { codeOf } from './rust-text'

export interface TomlLine {
  /** The table that the line stands in: `profile.dev`; empty before the first. */
  readonly table: string
  readonly key: string
  /** As written, without a comment behind it. */
  readonly value: string
  readonly offset: number
  readonly length: number
}

/** The `key = value` lines of a TOML file; values that go over several lines are not looked at. Source: TOML 1.0. */
export function tomlLines(text: string): TomlLine[] {
  const lines: TomlLine[] = []
  let table = ''
  for (const match of text.matchAll(/^[^\n]*$/gm)) {
    const head = /^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?\r?$/.exec(match[0])
    if (head?.[1] !== undefined) table = head[1].replaceAll(/["'\s]/g, '')
    const entry = /^\s*("[^"]*"|'[^']*'|[\w.-]+)\s*=\s*("[^"]*"|'[^']*'|[^#]*?)\s*(?:#.*)?\r?$/.exec(match[0])
    if (head || entry?.[1] === undefined || entry[2] === undefined) continue
    lines.push({ table, key: unquoted(entry[1]), value: unquoted(entry[2]), offset: match.index, length: match[0].length })
  }
  return lines
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2')

/** The edition of a package: 2015 when Cargo.toml names none; undefined when a workspace says it. */
export function editionOf(manifest: string): number | undefined {
  const lines = tomlLines(manifest)
  if (lines.some(({ table, key }) => table === 'package' && key === 'edition.workspace')) return undefined
  return Number(lines.find(({ table, key }) => table === 'package' && key === 'edition')?.value ?? 2015)
}

/** Whether both profiles abort on a panic: then the specification need not say it. */
export function profilesAbort(manifest: string): boolean {
  const lines = tomlLines(manifest)
  return ['profile.dev', 'profile.release'].every((profile) => lines.some(({ table, key, value }) => table === profile && key === 'panic' && value === 'abort'))
}

function* edition(text: string): Iterable<Draft> {
  const header = /^[ \t]*\[\s*package\s*\][^\n]*$/m.exec(text)
  const lines = tomlLines(text)
  if (header === null || lines.some(({ table, key }) => table === 'package' && key.startsWith('edition'))) return
  const last = lines.findLast(({ table }) => table === 'package')
  const end = last === undefined ? header.index + header[0].length : last.offset + last.length
  yield {
    id: 'edition-missing',
    severity: 'warning',
    what: 'Cargo.toml names no edition, so the sources are read as Rust of 2015.',
    why: 'Editions came in 2018; cargo reminds you at each build until the file says which one it means.',
    at: { offset: header.index, length: header[0].length },
    fix: { title: 'Write edition = "2015", which changes nothing', edits: [{ offset: end, length: 0, text: `${text.includes('\r\n') ? '\r\n' : '\n'}edition = "2015"` }] },
  }
}

/** Tools of the years before cargo could build core itself. */
function* oldTools(text: string): Iterable<Draft> {
  for (const match of text.matchAll(/^[ \t]*\[\s*package\.metadata\.(cargo-xbuild|xargo)\s*\][^\n]*$/gm)) {
    yield {
      id: 'old-build-tool',
      severity: 'info',
      what: `Settings of ${match[1]} have no effect any more.`,
      why: 'It built core before cargo could (build-std); Bootlab has cargo do it.',
      at: { offset: match.index, length: match[0].length },
      next: 'Delete the table.',
    }
  }
}

/** The first bootloader crate whose Cargo.toml a cargo since 1.37 reads: those before ask for the feature publish-lockfile, which is gone. */
const BOOTLOADER_READABLE = [0, 6] as const

function* oldBootloader(text: string, sources: string): Iterable<Draft> {
  for (const { table, key, value, offset, length } of tomlLines(text)) {
    if (table !== 'dependencies' || key !== 'bootloader') continue
    const version = /^\{.*\bversion\s*=\s*"([^"]*)"/.exec(value)?.[1] ?? value
    const [major, minor] = /^[\^=~\s]*(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? []
    if (major === undefined || minor === undefined || major > BOOTLOADER_READABLE[0] || minor >= BOOTLOADER_READABLE[1]) continue
    const used = /\bbootloader(_precompiled)?\b/.test(codeOf(sources, 'blank'))
    const eol = text.startsWith('\n', offset + length) ? 1 : 0
    yield {
      id: 'bootloader-too-old',
      severity: 'error',
      what: `The crate bootloader ${version} cannot be read by cargo any more.`,
      why: 'Its Cargo.toml asks for a feature of cargo that was removed in 2019; Bootlab packs the kernel with a boot loader of its own.',
      at: { offset, length },
      ...(used
        ? { next: 'Depend on bootloader 0.9 and follow its changes, or do without: nothing of it is needed to print to the screen.' }
        : { fix: { title: 'Remove the dependency: no source uses it', edits: [{ offset, length: length + eol, text: '' }] } }),
    }
  }
}

/** Examines a Cargo.toml. @param sources of the package, which may use a dependency */
export function cargoExamination(sources: string): Examination {
  return { source: 'cargo', examine: (text) => [...edition(text), ...oldTools(text), ...oldBootloader(text, sources)] }
}

/** The first nightly whose cargo could build core (-Zbuild-std), and so the oldest that is of use here. */
const BUILD_STD_SINCE = '2019-08-01'

/** `rust-toolchain`, which makes rustup take another compiler than the one in use everywhere else. */
export const toolchainExamination: Examination = {
  source: 'cargo',
  examine: (text) => {
    const pinned = /nightly-(\d{4}-\d{2}-\d{2})/.exec(text)
    if (pinned?.[1] === undefined || pinned[1] >= BUILD_STD_SINCE) return []
    const at = { offset: pinned.index, length: pinned[0].length }
    return [
      {
        id: 'toolchain-too-old',
        severity: 'warning',
        what: `This file makes rustup take the nightly of ${pinned[1]}.`,
        why: 'Its cargo cannot build core for a target of your own, which came in August 2019.',
        at,
        fix: { title: 'Take the newest nightly', edits: [{ ...at, text: 'nightly' }] },
      },
    ]
  },
}

/** Files whose mere name says something. */
export const FILE_FINDINGS: readonly { path: string; id: string; what: string; why: string; next: string }[] = [
  {
    path: '.cargo/config',
    id: 'cargo-config-name',
    what: 'The configuration of cargo is called .cargo/config.',
    why: 'It is called config.toml since 2020, and cargo warns about the old name at each build.',
    next: 'Rename it to .cargo/config.toml.',
  },
  {
    path: 'Xargo.toml',
    id: 'xargo',
    what: 'Xargo.toml has no effect.',
    why: 'xargo built core before cargo could (build-std); Bootlab has cargo do it.',
    next: 'Delete it.',
  },
]
