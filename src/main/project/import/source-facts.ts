/** What a source file says about itself: which assembler it is written for, which header it carries, where it starts. */

export type SourceLanguage = 'c' | 'gnu' | 'nasm' | 'rust'

export interface SourceFacts {
  language: SourceLanguage
  /** Multiboot headers, by their magic numbers (Multiboot 0.6.96 section 3.1.1; Multiboot2 2.0 section 3.1.2). */
  multiboot: 1 | 2 | undefined
  /** Ends as a boot sector does: 0xaa55 in its last two bytes, with 16-bit code, the BIOS's address or filling up to byte 510 before it. */
  bootSector: boolean
  /** The narrowest mode that the text switches to or uses registers of; undefined when it does not tell. */
  bits: 16 | 32 | 64 | undefined
  /** Where the text says that it will lie (NASM's `org`). */
  origin: number | undefined
  /** Names that it defines for the linker: functions of C, global symbols of assembly, unmangled functions of Rust. */
  defines: readonly string[]
  /** Files it includes by quotes, or modules of its own (Rust), relative to it. */
  includes: readonly string[]
  /** Command lines of compilers found in its comments. */
  commands: readonly string[]
}

const LANGUAGES: readonly { pattern: RegExp; language: SourceLanguage | 'assembly' }[] = [
  { pattern: /\.c$/, language: 'c' },
  { pattern: /\.S$/, language: 'gnu' },
  { pattern: /\.(s|asm)$/, language: 'assembly' },
  { pattern: /\.rs$/, language: 'rust' },
]

/** Whether a path names a source that can be a kernel's. */
export const isSource = (path: string): boolean => LANGUAGES.some(({ pattern }) => pattern.test(path))

/** Lines that only one of the two assemblers understands. */
const NASM_LINES = [
  /^\s*\[?\s*(bits|org|section|segment|global|extern|default|use(16|32|64))\b/i,
  /^\s*%(define|macro|include|assign|if|ifdef|ifndef|rep)\b/i,
  /^\s*(\w+:?\s+)?(times\s|equ\s|d[bwdq]\s|res[bwdq]\s)/i,
  /^\s*;/,
]
const GNU_LINES = [
  /^\s*\.(globa?l|section|text|data|bss|code(16|32|64)|long|word|byte|quad|ascii[z]?|string|align|balign|p2align|org|set|equ|macro|intel_syntax|type|size|extern|fill|skip|space)\b/,
  /%(e|r)?(ax|bx|cx|dx|si|di|sp|bp)\b|%[cdefgs]s\b|%cr[0-4]\b/,
  /^\s*#\s*(include|define|if|ifdef|ifndef)\b/,
]

/** @param path decides the language; where it leaves two assemblers open, the text does */
export function sourceFacts(path: string, text: string): SourceFacts | undefined {
  const found = LANGUAGES.find(({ pattern }) => pattern.test(path))?.language
  if (found === undefined) return undefined
  const language = found === 'assembly' ? assemblerOf(text) : found
  const code = withoutComments(text, language)
  const start = origin(code)
  const bits = bitsOf(code, language)
  const multiboot = /0xe85250d6/i.test(code) ? 2 : /0x1badb002/i.test(code) ? 1 : undefined
  return {
    language,
    multiboot,
    bootSector: (language === 'gnu' || language === 'nasm') && multiboot === undefined && /0x0*aa55\b|\b0?aa55h\b|0x55\s*,\s*0xaa\b/i.test(code) && (bits === 16 || start === 0x7c00 || /\b(510|0x1fe)\b/i.test(code)),
    bits,
    origin: start,
    defines: definitions(code, language),
    includes: included(code, language),
    commands: compilerCommands(text),
  }
}

/** Lines that run a compiler, assembler or linker; in a comment, each on its own line. */
export function compilerCommands(text: string): string[] {
  const command = /(?:^|[\s`'"$/*#;])((?:[\w./-]*-)?(?:gcc|cc|clang|ld|ld\.lld|nasm|as)(?:\.exe)?\s+-[^\n`]*|nasm\s+[^\n`]*\s-f\s*\w+[^\n`]*)/
  return text.split('\n').flatMap((line) => {
    const match = command.exec(line)?.[1]
    return match === undefined ? [] : [match.replace(/\*\/.*$/, '').trim()]
  })
}

function included(code: string, language: SourceLanguage): string[] {
  if (language === 'rust') return [...code.matchAll(/^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;/gm)].flatMap(([, name]) => [`${name}.rs`, `${name}/mod.rs`])
  return [...code.matchAll(/^[ \t]*(?:#|%|\.)[ \t]*inc(?:lude|bin)[ \t]+["']([^"'\n]+)["']/gim)].flatMap(([, name]) => name ?? [])
}

function assemblerOf(text: string): 'gnu' | 'nasm' {
  let nasm = 0
  let gnu = 0
  for (const line of text.split('\n')) {
    if (NASM_LINES.some((pattern) => pattern.test(line))) nasm++
    if (GNU_LINES.some((pattern) => pattern.test(line))) gnu++
  }
  return nasm > gnu ? 'nasm' : 'gnu'
}

/** The text with comments as blanks; strings stay, as inline assembly stands in them. */
function withoutComments(text: string, language: SourceLanguage): string {
  const blank = (comment: string): string => comment.replaceAll(/[^\n]/g, ' ')
  if (language === 'nasm') return text.replaceAll(/"[^"\n]*"|'[^'\n]*'|;[^\n]*/g, (part) => (part.startsWith(';') ? blank(part) : part))
  const slashes = language === 'gnu' ? /"(?:[^"\\\n]|\\.)*"|\/\*[^]*?\*\/|\/\/[^\n]*|^[ \t]*#(?!\s*(?:include|define|if|el|end|undef))[^\n]*/gm : /"(?:[^"\\\n]|\\.)*"|\/\*[^]*?\*\/|\/\/[^\n]*/g
  return text.replaceAll(slashes, (part) => (part.startsWith('"') ? part : blank(part)))
}

function origin(code: string): number | undefined {
  const match = /^\s*\[?\s*org\s+(0x[0-9a-f]+|[0-9][0-9a-f]*h|\d+)/im.exec(code)?.[1]
  if (match === undefined) return undefined
  return /h$/i.test(match) ? Number.parseInt(match, 16) : Number(match)
}

function bitsOf(code: string, language: SourceLanguage): SourceFacts['bits'] {
  const switches = [...code.matchAll(/^\s*(?:\[?\s*(?:bits\s+|use)|\.code)(16|32|64)\b/gim)].map((match) => Number(match[1]))
  if (switches.includes(16)) return 16
  if (switches.includes(32)) return 32
  if (switches.includes(64)) return 64
  const wide = language === 'c' ? /%%?r(ax|bx|cx|dx|si|di|sp|bp|8|9|1[0-5])\b|\biretq\b|\b__x86_64__\b/ : /\br(ax|bx|cx|dx|si|di|sp|bp)\b|\biretq\b/
  if (wide.test(code)) return 64
  return language === 'c' && /%%?(esp|ebp|eax|ebx)\b/.test(code) ? 32 : undefined
}

/** Words that stand before a parenthesis and a brace without being functions. */
const NOT_FUNCTIONS: ReadonlySet<string> = new Set(['if', 'for', 'while', 'switch', 'do', 'else', 'return', 'sizeof', 'asm', '__asm__', '__attribute__', 'defined'])

function definitions(code: string, language: SourceLanguage): string[] {
  if (language === 'gnu') return [...code.matchAll(/^\s*\.globa?l\s+([\w., \t]+)/gm)].flatMap((match) => (match[1] ?? '').split(',').map((name) => name.trim()))
  if (language === 'nasm') return [...code.matchAll(/^\s*\[?\s*global\s+([\w., \t]+)/gim)].flatMap((match) => (match[1] ?? '').split(',').map((name) => name.trim().split(/[\s:]/)[0] ?? ''))
  if (language === 'rust') return [...code.matchAll(/#\[(?:unsafe\()?no_mangle\)?\]\s*(?:pub\s+)?(?:unsafe\s+)?extern\s+"[^"]*"\s+fn\s+(\w+)/g)].flatMap(([, name]) => name ?? [])
  const bare = code.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""')
  const functions = [...bare.matchAll(/(\bstatic\s+[\w\s*]*?)?\b([A-Za-z_]\w*)\s*\(([^;{}()]|\([^()]*\))*\)\s*(?:__attribute__\s*\(\(.*?\)\)\s*)?\{/g)]
  return functions.flatMap(([, isStatic, name]) => (name === undefined || isStatic !== undefined || NOT_FUNCTIONS.has(name) ? [] : [name]))
}
