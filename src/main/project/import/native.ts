/** Kernels of C and assembly: from their sources, linker scripts and the command lines that were meant to build them. */
import { basename, posix } from 'node:path'
import { pathFault } from '../paths'
import type { CommandFacts } from './command-lines'
import { nameFrom, planOf, type Guess, type ImportPlan, type PlannedFile } from './plan'
import { specFile, specText, type SpecKind } from './specs'
import type { SourceFacts } from './source-facts'

export interface NativeSource {
  path: string
  facts: SourceFacts
}

export interface NativeTree {
  /** Of the project to be. */
  name: string
  /** In the order in which they are linked. */
  sources: readonly NativeSource[]
  /** The headers' paths. */
  headers: readonly string[]
  linkerScript: { path: string; text: string; why: string } | undefined
  /** From Makefiles, scripts and comments. */
  commands: readonly CommandFacts[]
  /** Where the commands were found, for the reasons. */
  commandsFrom: string
  warnings: readonly string[]
}

/** Names under which kernels start, the likeliest first. */
const ENTRY_NAMES = ['_start', 'start', '_entry', 'entry', 'start_entry', 'boot', 'loader', '_loader', 'kernel_entry', 'kernel_start', 'kernel_main', 'kernelMain', 'kmain', '_main', 'main', 'kernel']

const SECTOR_ORIGIN = 0x7c00
const KERNEL_SCRIPT = 'kernel.ld'

/** What compilers took for granted until GCC 14 and Clang 16 made errors of it: kernels of hobbyists are often older. */
export const LENIENT = ['implicit-function-declaration', 'implicit-int', 'int-conversion', 'incompatible-pointer-types', 'incompatible-function-pointer-types', 'return-mismatch'].map((name) => `-Wno-error=${name}`)
/** A variable that a header defines without `extern` was one variable for all files until GCC 10. */
export const COMMON = '-fcommon'

/** How to build a tree of C and assembly. */
export function planNative(tree: NativeTree): ImportPlan {
  const [only] = tree.sources
  if (tree.sources.length === 1 && only?.facts.bootSector) return planBootSector(tree, only)
  const guesses: Guess[] = []
  const bits = guessBits(tree, guesses)
  const multiboot = tree.sources.find(({ facts }) => facts.multiboot !== undefined)
  if (multiboot) guesses.push({ what: `A Multiboot${multiboot.facts.multiboot === 2 ? ' 2' : ''} kernel`, why: `${multiboot.path} has the header's magic number.` })
  const entry = guessEntry(tree, guesses)
  const files: PlannedFile[] = []
  const kind: SpecKind = bits === 64 ? 'x86_64' : 'i386'
  const { script, linkArgs } = guessLayout({ tree, bits, hasHeader: multiboot !== undefined, entry, files, guesses })
  files.push({ path: specFile(kind), text: specText(kind, { linkArgs }) })
  const content = {
    name: tree.name,
    kind: 'c',
    target: specFile(kind),
    sources: sourceEntries(tree.sources),
    ...settings(tree, guesses),
    ...(script === undefined ? {} : { linkerScript: script }),
  }
  return planOf(content, { files, guesses, warnings: tree.warnings })
}

function planBootSector(tree: NativeTree, source: NativeSource): ImportPlan {
  const { facts, path } = source
  const guesses: Guess[] = [{ what: 'A boot sector', why: `${path} ends with the boot signature 0xaa55 and has 16-bit code${facts.origin === SECTOR_ORIGIN ? ' for address 0x7c00' : ''}.` }]
  if (facts.language === 'nasm') guesses.push({ what: 'NASM syntax', why: `${path} is written so.` })
  const target = specFile('i386-code16')
  const content = { name: tree.name, kind: 'boot-sector', target, sources: sourceEntries([source]) }
  return planOf(content, { files: [{ path: target, text: specText('i386-code16', { linkArgs: [] }) }], guesses, warnings: tree.warnings })
}

/** 32 or 64 bits: what the commands say, else what the sources do. */
function guessBits({ sources, commands, commandsFrom }: NativeTree, guesses: Guess[]): 32 | 64 {
  const told = commands.find(({ bits }) => bits !== undefined)?.bits
  if (told !== undefined) {
    const bits = told === 64 ? 64 : 32
    guesses.push({ what: `${bits}-bit code`, why: `The commands in ${commandsFrom} say so.` })
    return bits
  }
  const header = sources.find(({ facts }) => facts.multiboot !== undefined)
  const wide = sources.find(({ facts }) => facts.bits === 64)
  if (wide) {
    guesses.push({ what: '64-bit code', why: `${wide.path} uses 64-bit registers.` })
    return 64
  }
  if (header) {
    guesses.push({ what: '32-bit code', why: 'Multiboot loaders start a kernel in 32-bit protected mode.' })
    return 32
  }
  const narrow = sources.find(({ facts }) => facts.bits === 32 || facts.bits === 16)
  if (narrow) {
    guesses.push({ what: '32-bit code', why: `${narrow.path} is written for it.` })
    return 32
  }
  guesses.push({ what: '64-bit code', why: 'There is no Multiboot header and no sign of 32-bit code; Bootlab’s loader starts such a kernel in long mode.' })
  return 64
}

function guessEntry({ sources, commands, linkerScript, commandsFrom }: NativeTree, guesses: Guess[]): string | undefined {
  const scripted = /\bENTRY\s*\(\s*"?([\w.$]+)"?\s*\)/.exec(linkerScript?.text ?? '')?.[1]
  if (scripted !== undefined) return scripted
  const told = commands.find(({ entry }) => entry !== undefined)?.entry
  if (told !== undefined) {
    guesses.push({ what: `It starts in ${told}`, why: `The commands in ${commandsFrom} name it.` })
    return told
  }
  const defined = sources.flatMap(({ path, facts }) => facts.defines.map((name) => ({ name, path })))
  const known = ENTRY_NAMES.map((name) => defined.find((one) => one.name === name)).find((one) => one !== undefined)
  const [single] = defined
  const chosen = known ?? (defined.length === 1 ? single : defined.at(-1))
  if (chosen === undefined) return undefined
  const why = known ? `${chosen.path} defines this name, which kernels start under.` : defined.length === 1 ? `It is the only function of ${chosen.path}.` : `None of its functions has a name that kernels start under; this is the last one of ${chosen.path}.`
  guesses.push({ what: `It starts in ${chosen.name}`, why })
  return chosen.name
}

interface Layout {
  tree: NativeTree
  bits: 32 | 64
  hasHeader: boolean
  entry: string | undefined
  files: PlannedFile[]
  guesses: Guess[]
}

/** Where the kernel lies: its own linker script decides, else one that keeps a Multiboot header at the front, else the linker. */
function guessLayout({ tree, bits, hasHeader, entry, files, guesses }: Layout): { script: string | undefined; linkArgs: string[] } {
  if (tree.linkerScript) {
    guesses.push({ what: `Linked by ${tree.linkerScript.path}`, why: tree.linkerScript.why })
    const named = /\bENTRY\s*\(/.test(tree.linkerScript.text)
    return { script: tree.linkerScript.path, linkArgs: [...(named || entry === undefined ? [] : [`--entry=${entry}`]), '-z', 'noseparate-code'] }
  }
  const address = tree.commands.find(({ textAddress }) => textAddress !== undefined)?.textAddress
  const entryArgs = entry === undefined ? [] : [`--entry=${entry}`]
  if (hasHeader) {
    const base = address ?? 0x100000
    files.push({ path: KERNEL_SCRIPT, text: multibootScript(base) })
    guesses.push({ what: `Linked at 0x${base.toString(16)}`, why: address === undefined ? 'Multiboot kernels lie at 1 MiB unless they say otherwise.' : `The commands in ${tree.commandsFrom} say so.` })
    return { script: KERNEL_SCRIPT, linkArgs: entryArgs }
  }
  const base = address ?? (bits === 64 ? 0x200000 : 0x100000)
  guesses.push({ what: `Linked at 0x${base.toString(16)}`, why: address === undefined ? 'Nothing says otherwise, and memory is free there.' : `The commands in ${tree.commandsFrom} say so.` })
  return { script: undefined, linkArgs: [`--image-base=0x${base.toString(16)}`, ...entryArgs, '-z', 'max-page-size=4096'] }
}

/** Sections by kind, with whatever holds a Multiboot header first: loaders look for it in the first 8 KiB of the file. */
const multibootScript = (base: number): string => `/* The Multiboot header must lie near the start of the file: sections that hold one come first. */
SECTIONS {
  . = 0x${base.toString(16)};
  .text : { KEEP(*(.multiboot .multiboot.* .multiboot_header .multiboot2 .mboot .mb_header .header .boot)) *(.text) *(.text.*) }
  .rodata ALIGN(4096) : { *(.rodata .rodata.*) }
  .data ALIGN(4096) : { *(.data .data.*) }
  .bss ALIGN(4096) : { *(COMMON) *(.bss .bss.*) }
}
`

/** As short as a manifest can say it: a path, or an object where the suffix alone does not tell the assembler. */
function sourceEntries(sources: readonly NativeSource[]): (string | { path: string; assembler: 'gnu' | 'nasm' })[] {
  return sources.map(({ path, facts }) => {
    const usual = path.endsWith('.asm') ? 'nasm' : 'gnu'
    return (facts.language === 'gnu' || facts.language === 'nasm') && facts.language !== usual ? { path, assembler: facts.language } : path
  })
}

/** Include folders, macros and optimisation: the commands', and folders of headers that no command names. */
function settings({ commands, headers, sources, commandsFrom }: NativeTree, guesses: Guess[]): Record<string, unknown> {
  const told = commands.flatMap(({ includeDirs }) => includeDirs).map((dir) => posix.normalize(dir).replace(/\/$/, ''))
  const includeDirs = [...new Set(told)].filter((dir) => pathFault(dir) === undefined)
  const included = new Set(sources.flatMap(({ facts }) => facts.includes))
  const needed = includeDirs.length > 0 ? [] : headers.filter((header) => [...included].some((name) => header.endsWith(`/${name}`))).map((header) => header.slice(0, -1 - ([...included].find((name) => header.endsWith(`/${name}`)) ?? '').length))
  const dirs = [...new Set([...includeDirs, ...needed])].filter((dir) => dir !== '')
  if (needed.length > 0) guesses.push({ what: `Headers from ${[...new Set(needed)].join(', ')}`, why: 'The sources include files that lie there.' })
  const defines = Object.fromEntries(commands.flatMap((command) => Object.entries(command.defines)))
  const level = commands.map((command) => command.optimize).find((one) => one !== undefined && /^[0123sz]$/.test(one))
  const optimize = level ?? '0'
  if (level === undefined) guesses.push({ what: 'No optimisation', why: 'Nothing asks for it, and compilers do none unless they are asked.' })
  if (Object.keys(defines).length > 0) guesses.push({ what: `Macros ${Object.keys(defines).join(', ')}`, why: `The commands in ${commandsFrom} define them.` })
  const cFiles = sources.filter(({ facts }) => facts.language === 'c')
  const flags = [...(cFiles.length > 1 ? [COMMON] : []), ...(cFiles.length > 0 ? LENIENT : [])]
  if (cFiles.length > 0) guesses.push({ what: 'Old habits are warnings, not errors', why: 'Code of another age declares too little; take "flags" out of the manifest to be told strictly.' })
  return {
    ...(dirs.length > 0 ? { includeDirs: dirs } : {}),
    ...(Object.keys(defines).length > 0 ? { defines } : {}),
    optimize,
    warnings: 'default',
    ...(flags.length > 0 ? { flags } : {}),
  }
}

export const projectName = (path: string): string => nameFrom(basename(path).replace(/\.(c|S|s|asm|rs)$/, ''))
