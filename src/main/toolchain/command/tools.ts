import { join } from 'node:path'
import { writeFileAtomically } from '../../files/atomic'
import { cacheFolder, contentKey } from '../cache'
import type { Zig } from '../zig'

/** Bootlab's tools as a build of the person's own sees them: programs on PATH whose names have no spaces. */
export const TOOL_NAMES = { CC: 'bootlab-cc', LD: 'bootlab-ld', AR: 'bootlab-ar', AS: 'bootlab-as', OBJCOPY: 'bootlab-objcopy' } as const
export type ToolName = keyof typeof TOOL_NAMES

/** Names that build scripts write for a cross compiler: offered last, so that a real one counts. */
const CROSS_TARGETS = ['i386-elf', 'i586-elf', 'i686-elf', 'x86_64-elf'] as const
const CROSS_TOOLS: Readonly<Record<string, ToolName>> = { gcc: 'CC', cc: 'CC', ld: 'LD', ar: 'AR', as: 'AS', objcopy: 'OBJCOPY' }

export interface ToolFile {
  /** Folder and name inside the tools' folder. */
  path: string
  text: string
}

/**
 * clang links by itself only for the operating systems that it knows, so kernels are compiled as if for Linux, its macros taken
 * away, and nothing of Linux is linked or included.
 */
function compilerArgs(zigInclude: string, triple: string, linker: string, sysroot: string): string[] {
  return [
    '--no-default-config', `--target=${triple}-unknown-linux-gnu`, '-U__linux__', '-U__linux', '-Ulinux', '-U__gnu_linux__', '-U__unix__', '-U__unix', '-Uunix',
    '-nostdinc', '-isystem', zigInclude, '-fno-pic', '-fno-pie', '-no-pie', '-static', '-nostdlib', `--sysroot=${sysroot}`, `--ld-path=${linker}`,
    '-Qunused-arguments', '-Wno-unknown-warning-option', '-Wno-ignored-optimization-argument', '-fno-color-diagnostics', '-fmessage-length=0',
  ]
}

/**
 * The small programs that stand for Bootlab's tools.
 * @param folder where they will lie
 */
export function toolFiles(zig: Zig, folder: string, platform: string = process.platform): ToolFile[] {
  const windows = platform === 'win32'
  const separator = windows ? '\\' : '/'
  const script = windows ? cmdScript : shellScript
  const extension = windows ? '.cmd' : ''
  const linker = [folder, 'bin', `${TOOL_NAMES.LD}${extension}`].join(separator)
  const texts = (triple: string): Readonly<Record<ToolName, string>> => ({
    CC: script({ zig: zig.binary, tool: 'clang', args: compilerArgs(zig.includeDir, triple, linker, [folder, 'lib'].join(separator)) }),
    // GNU as calls the width of code --32 and --64, clang -m32 and -m64.
    AS: script({ zig: zig.binary, tool: 'clang', args: ['--no-default-config', `--target=${triple}-unknown-none`, '-x', 'assembler', '-c', '-Qunused-arguments', '-fno-color-diagnostics'], rename: { '--32': '-m32', '--64': '-m64' } }),
    LD: script({ zig: zig.binary, tool: 'ld.lld', args: ['--color-diagnostics=never'], libraries: { folder: [folder, 'lib'].join(separator), bits: triple === 'x86_64' ? 64 : 32 } }),
    AR: script({ zig: zig.binary, tool: 'ar', args: [] }),
    OBJCOPY: script({ zig: zig.binary, tool: 'objcopy', args: [] }),
  })
  const own = Object.entries(texts('x86_64')).map(([name, text]) => ({ path: ['bin', `bootlab-${name.toLowerCase()}${extension}`].join(separator), text }))
  const cross = CROSS_TARGETS.flatMap((target) => {
    const all = texts(target.split('-')[0] ?? '')
    return Object.entries(CROSS_TOOLS).map(([name, tool]) => ({ path: ['cross', `${target}-${name}${extension}`].join(separator), text: all[tool] }))
  })
  return [...own, ...cross]
}

interface Script {
  zig: string
  tool: string
  args: readonly string[]
  /** Arguments to be passed under another name. */
  rename?: Readonly<Record<string, string>>
  /** For a linker: the folder with `32` and `64`, which hold libgcc.a for the code that is linked, and which of them without -m. */
  libraries?: { folder: string; bits: 32 | 64 }
}

const quoteShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function shellScript({ zig, tool, args, rename, libraries }: Script): string {
  const lines = ['#!/bin/sh']
  if (rename !== undefined) {
    const cases = Object.entries(rename).map(([from, to]) => `${from}) argument=${to};;`)
    lines.push('for argument do', `  shift; case $argument in ${cases.join(' ')} esac; set -- "$@" "$argument"`, 'done')
  }
  if (libraries !== undefined) {
    lines.push(`bits=${libraries.bits}; case " $* " in *elf_i386*) bits=32;; *elf_x86_64*) bits=64;; esac`)
    // GNU ld places .text anywhere; lld wants its image base to lie below.
    lines.push('case " $* " in *" -T "*|*--image-base*) ;; *" -Ttext"*|*" --Ttext"*) set -- --image-base=0 "$@";; esac')
    // What compilers call by themselves is there without -lgcc as well: clang calls memset where gcc does not.
    lines.push(`set -- "-L"${quoteShell(libraries.folder)}"/$bits" "$@" -lgcc`)
  }
  lines.push(`exec ${[quoteShell(zig), tool, ...args.map(quoteShell)].join(' ')} "$@"`, '')
  return lines.join('\n')
}

const quoteCmd = (text: string): string => `"${text.replaceAll('%', '%%')}"`

function cmdScript({ zig, tool, args, rename, libraries }: Script): string {
  const lines = ['@echo off', 'setlocal', 'set "arguments=%*"']
  // A substitution in a variable that is not set would leave its own text behind.
  for (const [from, to] of Object.entries(rename ?? {})) lines.push(`if defined arguments set "arguments=%arguments:${from}=${to}%"`)
  if (libraries !== undefined) {
    lines.push(`set bits=${libraries.bits}`)
    for (const [emulation, bits] of [['elf_i386', 32], ['elf_x86_64', 64]]) lines.push(`if defined arguments if not "%arguments:${emulation}=%"=="%arguments%" set bits=${bits}`)
    lines.push('set base=', 'if defined arguments if not "%arguments: -Ttext=%"=="%arguments%" set base=--image-base=0', 'if defined arguments if not "%arguments: -T =%"=="%arguments%" set base=')
    lines.push(`set arguments="-L${libraries.folder.replaceAll('%', '%%')}\\%bits%" %base% %arguments% -lgcc`)
  }
  lines.push([quoteCmd(zig), tool, ...args.map(quoteCmd), '%arguments%'].join(' '), 'exit /b %errorlevel%', '')
  return lines.join('\r\n')
}

export interface CommandTools {
  /** To be found first. */
  bin: string
  /** To be found last. */
  cross: string
}

/** Write the tools into the cache. @param libraries archives of functions that compilers call, which -lgcc means */
export async function commandTools(zig: Zig, libraries: Readonly<Record<'32' | '64', Uint8Array>>): Promise<CommandTools> {
  const named = toolFiles(zig, '')
  const folder = await cacheFolder('tools', contentKey([...named.map(({ text }) => text), libraries[32], libraries[64]]).slice(0, 16))
  for (const { path, text } of toolFiles(zig, folder)) await writeFileAtomically(join(folder, path), text, 0o755)
  for (const [bits, archive] of Object.entries(libraries)) await writeFileAtomically(join(folder, 'lib', bits, 'libgcc.a'), archive)
  return { bin: join(folder, 'bin'), cross: join(folder, 'cross') }
}
