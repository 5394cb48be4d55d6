/** Which language a file is highlighted as: by its name, and where that is not enough by what is in it. */
import { GAS_LANGUAGE } from './gas-id'

/** What can be chosen, and how each is called: names of languages are the same everywhere. */
export const fileLanguages = [
  { id: 'c', name: 'C' },
  { id: 'cpp', name: 'C++' },
  { id: 'rust', name: 'Rust' },
  { id: GAS_LANGUAGE, name: 'GNU Assembler' },
  { id: 'nasm', name: 'NASM' },
  { id: 'linker-script', name: 'Linker Script' },
  { id: 'makefile', name: 'Makefile' },
  { id: 'toml', name: 'TOML' },
  { id: 'json', name: 'JSON' },
  { id: 'ini', name: 'INI' },
  { id: 'shell', name: 'Shell' },
  { id: 'markdown', name: 'Markdown' },
  { id: 'plaintext', name: 'Text' },
] as const

export type FileLanguage = (typeof fileLanguages)[number]['id']
export const isFileLanguage = (id: string): id is FileLanguage => fileLanguages.some((language) => language.id === id)
export const languageName = (id: FileLanguage): string => fileLanguages.find((language) => language.id === id)?.name ?? id

const byName: readonly (readonly [name: RegExp, language: FileLanguage])[] = [
  [/^(GNU)?[Mm]akefile(\..+)?$/, 'makefile'],
  [/^Cargo\.lock$/, 'toml'],
  [/^(Dockerfile|\.bashrc|\.profile)$/, 'shell'],
  [/^\.(clang-format|editorconfig|gitconfig)$/, 'ini'],
]

/** Endings as they are written: `.S` and `.s` both are assembly, but C's `.C` is C++. */
const byEnding: Readonly<Record<string, FileLanguage>> = {
  c: 'c',
  h: 'c',
  C: 'cpp',
  cc: 'cpp',
  cpp: 'cpp',
  cxx: 'cpp',
  hh: 'cpp',
  hpp: 'cpp',
  rs: 'rust',
  S: GAS_LANGUAGE,
  s: GAS_LANGUAGE,
  asm: 'nasm',
  nasm: 'nasm',
  inc: 'nasm',
  ld: 'linker-script',
  lds: 'linker-script',
  x: 'linker-script',
  mk: 'makefile',
  mak: 'makefile',
  toml: 'toml',
  json: 'json',
  ini: 'ini',
  cfg: 'ini',
  conf: 'ini',
  sh: 'shell',
  bash: 'shell',
  md: 'markdown',
}

/** Names that each assembler may read. */
const assembly: ReadonlySet<string> = new Set(['S', 's', 'asm', 'inc'])

/** What only one of the two writes. */
const NASM_SIGNS = [/^\s*\[?(?:bits|org|default|cpu)\b/im, /^\s*\[?(?:section|segment|global|extern)\s+\S/im, /^\s*%(?:define|macro|include|ifdef|ifndef|assign|rep|endmacro)\b/m, /\b(?:times|res[bwdq]|equ)\b/i, /^(?:\s*\w+:?)?\s+d[bwdq]\s+/im]
const GAS_SIGNS = [/^\s*\.(?:text|data|bss|section|globa?l|code(?:16|32|64)|(?:intel|att)_syntax|asci[iz]|byte|word|long|quad|align|org|set|macro)\b/m, /%[re]?[abcd]x\b/, /^\s*#\s*(?:include|define|ifdef)\b/m, /\$0x/]

const signs = (text: string, patterns: readonly RegExp[]): number => patterns.filter((pattern) => pattern.test(text)).length

/** How much of a text is looked at. */
const LOOKED_AT = 20_000

export function languageOf(path: string, text = ''): FileLanguage {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const known = byName.find(([pattern]) => pattern.test(name))?.[1]
  if (known !== undefined) return known
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : ''
  const usual = byEnding[ending] ?? byEnding[ending.toLowerCase()]
  const head = text.slice(0, LOOKED_AT)
  if (assembly.has(ending)) {
    const [nasm, gas] = [signs(head, NASM_SIGNS), signs(head, GAS_SIGNS)]
    if (nasm !== gas) return nasm > gas ? 'nasm' : GAS_LANGUAGE
  }
  if (usual === 'c' && ending === 'h' && /^\s*(?:class|namespace|template)\b/m.test(head)) return 'cpp'
  if (usual !== undefined) return usual
  return /^#!.*\b(?:ba|da|z)?sh\b/.test(head) ? 'shell' : 'plaintext'
}
