/** Compiler, assembler and linker command lines, as they stand in Makefiles, scripts and comments: what they decide for a build. */

export interface CommandFacts {
  /** The tool's plain name: `gcc`, `nasm`, `ld` … */
  tool: string
  /** Files without an option before them. */
  files: string[]
  output?: string | undefined
  /** From -m32, -m elf_i386, -f elf64 … */
  bits?: 16 | 32 | 64 | undefined
  includeDirs: string[]
  defines: Record<string, string>
  optimize?: string | undefined
  /** The text after `-std=`. */
  standard?: string | undefined
  linkerScript?: string | undefined
  entry?: string | undefined
  /** Address of the text (-Ttext, -Ttext-seg, --image-base). */
  textAddress?: number | undefined
  /** A flat binary comes out (nasm -f bin, --oformat binary). */
  flat: boolean
}

const TOOLS = /^(?:.*[-/\\])?(gcc|cc|clang|ld\.lld|ld|nasm|as|g\+\+|cargo|objcopy|ar|fasm|yasm)(?:-[\d.]+)?(?:\.exe)?$/
const isLinker = (tool: string): boolean => tool === 'ld' || tool === 'ld.lld'

/** Names of object formats: -m of ld, -f of nasm, -O of objcopy. */
const FORMAT_BITS: Readonly<Record<string, 16 | 32 | 64>> = {
  elf: 32, elf32: 32, elf_i386: 32, 'elf32-i386': 32, aout: 32, coff: 32, obj: 16, elf64: 64, elf_x86_64: 64, 'elf64-x86-64': 64,
}

/** Options whose value is the next word and that decide nothing here. */
const SKIPPED_VALUES: ReadonlySet<string> = new Set(['-Tdata', '-Tbss', '-U', '-L', '-isystem', '-include', '-l', '-MF', '-MT', '-MQ', '-Map', '-z', '-x', '-target', '-F', '-u', '-soname', '-b', '-idirafter', '-iquote'])

type Effect = (facts: CommandFacts, value: string) => void
const format: Effect = (facts, value) => {
  if (value === 'bin' || value === 'binary') facts.flat = true
  else facts.bits = FORMAT_BITS[value] ?? facts.bits
}
const script: Effect = (facts, value) => void (facts.linkerScript = value)
const entry: Effect = (facts, value) => void (facts.entry = value)
const address: Effect = (facts, value) => void (facts.textAddress = addressOf(value))

/** Options with a value, joined to them, after `=`, or in the next word. */
const WITH_VALUE: Readonly<Record<string, Effect>> = {
  '-m': format,
  '-f': format,
  '--oformat': format,
  '-T': script,
  '--script': script,
  '-e': entry,
  '--entry': entry,
  '-Ttext': address,
  '-Ttext-seg': address,
  '--image-base': address,
  '-o': (facts, value) => void (facts.output = value),
  '-I': (facts, value) => void facts.includeDirs.push(value),
  '-std': (facts, value) => void (facts.standard = value),
  '-D': (facts, value) => {
    const [name = '', ...text] = value.split('=')
    if (/^[A-Za-z_]\w*$/.test(name)) facts.defines[name] = text.length > 0 ? text.join('=') : '1'
  },
}

const WITHOUT_VALUE: Readonly<Record<string, (facts: CommandFacts) => void>> = {
  '-m16': (facts) => void (facts.bits = 16),
  '-m32': (facts) => void (facts.bits = 32),
  '--32': (facts) => void (facts.bits = 32),
  '-m64': (facts) => void (facts.bits = 64),
  '--64': (facts) => void (facts.bits = 64),
}

/** The words of a command line, quotes taken off. */
export function words(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_all, double: string | undefined, single: string | undefined) => double ?? single ?? ''))
}

/** What a command line decides; undefined when it runs none of the tools that are known. */
export function commandFacts(line: string): CommandFacts | undefined {
  const [program = '', ...args] = words(line.replace(/^\s*[@+-]+/, ''))
  const tool = TOOLS.exec(program)?.[1]
  if (tool === undefined) return undefined
  const facts: CommandFacts = { tool, files: [], includeDirs: [], defines: {}, flat: false }
  const rest = args.flatMap((word) => (word.startsWith('-Wl,') ? word.slice(4).split(',') : [word]))
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? ''
    if (/^-O\w*$/.test(word) && !isLinker(tool) && tool !== 'nasm') facts.optimize = word.slice(2)
    else if (!word.startsWith('-')) facts.files.push(word)
    else if (SKIPPED_VALUES.has(word)) index++
    else if (WITHOUT_VALUE[word]) WITHOUT_VALUE[word](facts)
    else {
      const option = valueOption(word, tool)
      if (!option) continue
      const value = option.value ?? rest[++index]
      if (value !== undefined) option.effect(facts, value)
    }
  }
  return facts
}

/** `-Iinclude`, `-DNAME=1`, `--entry=start`, `-felf32`; without a value, when it is the next word. */
function valueOption(word: string, tool: string): { effect: Effect; value: string | undefined } | undefined {
  const whole = WITH_VALUE[word]
  if (whole) return { effect: whole, value: undefined }
  const [, name = '', text] = /^(--?[A-Za-z][\w-]*?)=(.*)$/.exec(word) ?? []
  const named = WITH_VALUE[name]
  if (named && name.length > 2) return { effect: named, value: text }
  const letter = word.slice(0, 2)
  const joinable = letter === '-I' || letter === '-D' || letter === '-T' || letter === '-o' || (letter === '-f' && tool === 'nasm') || ((letter === '-m' || letter === '-e') && isLinker(tool))
  const effect = joinable ? WITH_VALUE[letter] : undefined
  return effect && { effect, value: word.slice(2) }
}

/** ld reads the addresses of its -T options as hexadecimal, with or without 0x. */
function addressOf(value: string): number | undefined {
  const text = value.replace(/^0x/i, '')
  return /^[0-9a-f]+$/i.test(text) ? Number.parseInt(text, 16) : undefined
}
