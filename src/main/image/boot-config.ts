/**
 * The boot configuration, `/boot/bootlab.cfg` on the boot volume: a text that people may edit. The loader reads the same lines
 * (resources/loader/config.c). A line is a word and its value; lines that begin with `#` are comments.
 *
 *     timeout 5
 *     default 1
 *     entry Title shown in the menu
 *     protocol multiboot2
 *     kernel /boot/kernel.elf
 *     cmdline text to the end of the line
 *     module /boot/initrd.img
 *     module-cmdline text for that module
 *     address 0x8000
 */
import { BOOT_PROTOCOLS, type BootProtocol, MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { type BootParameters, type ParameterName, PARAMETERS } from './boot-parameters'
import { hex, ImageError } from './errors'
import { CONFIG_LIMITS, LIMITS } from './layout'

/** Where it lies on a volume with a file system. */
export const CONFIG_PATH = '/boot/bootlab.cfg'

export interface ConfigModule {
  path: string
  commandLine: string
}

export interface ConfigEntry {
  title: string
  /** Absent: the loader looks at the kernel. */
  protocol?: BootProtocol | undefined
  /** From the volume's root; or `@16+12345`: so many bytes from that sector of the volume on. */
  kernel: string
  commandLine: string
  modules: readonly ConfigModule[]
  parameters: BootParameters
}

export interface BootConfig {
  /** Seconds until the menu boots by itself; absent: it waits for a key. */
  timeout?: number | undefined
  /** The entry that is chosen at first; they count from 1. */
  default: number
  entries: readonly ConfigEntry[]
}

/**
 * The text of a configuration; parseBootConfig gives back the same.
 * @throws ImageError when something does not fit into it
 */
export function formatBootConfig({ timeout, default: chosen, entries }: BootConfig): string {
  const lines = ['# What the boot loader starts.']
  if (timeout !== undefined) lines.push(`timeout ${timeout}`)
  if (chosen !== 1) lines.push(`default ${chosen}`)
  for (const { title, protocol, kernel, commandLine, modules, parameters } of entries) {
    if (modules.length > LIMITS.MAX_MODULES)
      throw new ImageError({
        what: `There are ${modules.length} modules; at most ${LIMITS.MAX_MODULES} are loaded.`,
        where: 'modules',
        why: 'The boot loader has room for no more.',
        next: 'Pack several files into one module.',
      })
    lines.push(`entry ${oneLine(title, 'title')}`)
    if (protocol !== undefined) lines.push(`protocol ${protocol}`)
    lines.push(`kernel ${oneLine(kernel, 'path of the kernel')}`)
    if (commandLine !== '') lines.push(`cmdline ${checkCommandLine(commandLine, 'command line')}`)
    for (const name of PARAMETERS) if (parameters[name] !== undefined) lines.push(`${name} ${hex(parameters[name])}`)
    for (const [index, module] of modules.entries()) {
      lines.push(`module ${oneLine(module.path, `path of module ${index + 1}`)}`)
      if (module.commandLine !== '') lines.push(`module-cmdline ${checkCommandLine(module.commandLine, `command line of module ${index + 1}`)}`)
    }
  }
  const text = `${lines.join('\n')}\n`
  const bytes = Buffer.byteLength(text)
  if (bytes <= CONFIG_LIMITS.CONFIG_MAX_BYTES) return text
  throw new ImageError({
    what: `Command lines, titles and names have ${bytes} bytes together; at most ${CONFIG_LIMITS.CONFIG_MAX_BYTES} fit.`,
    where: 'command lines',
    why: 'They make up the boot configuration, which the boot loader keeps in memory.',
    next: 'Shorten them.',
  })
}

function checkCommandLine(text: string, where: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= MAX_COMMAND_LINE_BYTES) return oneLine(text, where)
  throw new ImageError({
    what: `The command line has ${bytes} bytes; at most ${MAX_COMMAND_LINE_BYTES} fit.`,
    where,
    why: 'The boot loader has room for no more.',
    next: 'Shorten it.',
  })
}

function oneLine(text: string, where: string): string {
  const at = text.search(/[\0\r\n]/)
  if (at === -1) return text
  const what = text[at] === '\0' ? 'zero byte' : 'line break'
  throw new ImageError({
    what: `The ${where.replace(/ of module.*/, '')} has a ${what} at offset ${Buffer.byteLength(text.slice(0, at))}.`,
    where,
    why: 'It is one line of the boot configuration.',
    next: `Remove the ${what}.`,
  })
}

/** An entry while its lines are read. */
interface Draft {
  line: number
  title: string
  protocol?: BootProtocol
  kernel?: string
  commandLine?: string
  modules: { path: string; commandLine: string }[]
  parameters: Partial<Record<ParameterName, bigint>>
}

/** What a line does; it returns what is wrong with it. */
type LineReader = (value: string, state: { config: { timeout?: number; default?: number }; entries: Draft[] }, line: number) => string | undefined

/** Numbers as the loader takes them: decimal, or hexadecimal with 0x. */
function parseNumber(text: string): bigint | undefined {
  return /^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(text) && BigInt(text) < 1n << 64n ? BigInt(text) : undefined
}

function setting(name: 'timeout' | 'default', highest: number): LineReader {
  return (value, { config, entries }) => {
    const number = parseNumber(value.trim())
    if (entries.length > 0) return 'stands below an entry; it belongs above the first'
    if (config[name] !== undefined) return 'stands here a second time'
    if (number === undefined || number > BigInt(highest)) return `has a value that is no number from 0 to ${highest}`
    config[name] = Number(number)
    return undefined
  }
}

/** A line that belongs to the entry above it. */
function inEntry(read: (value: string, entry: Draft) => string | undefined): LineReader {
  return (value, { entries }) => {
    const entry = entries.at(-1)
    return entry === undefined ? 'belongs to an entry, and none has begun' : read(value, entry)
  }
}

const once = <K extends 'protocol' | 'kernel' | 'commandLine'>(key: K, value: Draft[K], entry: Draft): string | undefined => {
  if (entry[key] !== undefined) return 'stands a second time in this entry'
  entry[key] = value
  return undefined
}

const READERS: Readonly<Record<string, LineReader>> = {
  timeout: setting('timeout', CONFIG_LIMITS.CONFIG_MAX_TIMEOUT),
  default: setting('default', CONFIG_LIMITS.CONFIG_MAX_ENTRIES),
  entry: (value, { entries }, line) => {
    if (entries.length === CONFIG_LIMITS.CONFIG_MAX_ENTRIES) return `is one too many: a menu has at most ${CONFIG_LIMITS.CONFIG_MAX_ENTRIES}`
    entries.push({ line, title: value.trim(), modules: [], parameters: {} })
    return undefined
  },
  protocol: inEntry((value, entry) => {
    const protocol = BOOT_PROTOCOLS.find((name) => name === value.trim())
    return protocol === undefined ? `names ${JSON.stringify(value.trim())}; the protocols are ${BOOT_PROTOCOLS.join(', ')}` : once('protocol', protocol, entry)
  }),
  kernel: inEntry((value, entry) => (value.trim() === '' ? 'names no file' : once('kernel', value.trim(), entry))),
  cmdline: inEntry((value, entry) => tooLong(value) ?? once('commandLine', value, entry)),
  module: inEntry((value, entry) => {
    if (value.trim() === '') return 'names no file'
    if (entry.modules.length === LIMITS.MAX_MODULES) return `is one too many: at most ${LIMITS.MAX_MODULES} are loaded`
    entry.modules.push({ path: value.trim(), commandLine: '' })
    return undefined
  }),
  'module-cmdline': inEntry((value, entry) => {
    const module = entry.modules.at(-1)
    if (module === undefined) return 'belongs to a module, and none stands above it'
    module.commandLine = value
    return tooLong(value)
  }),
  ...Object.fromEntries(
    PARAMETERS.map((name) => [
      name,
      inEntry((value, entry) => {
        const number = parseNumber(value.trim())
        if (number === undefined) return 'has a value that is no number such as 4096 or 0x1000'
        if (entry.parameters[name] !== undefined) return 'stands a second time in this entry'
        entry.parameters[name] = number
        return undefined
      }),
    ]),
  ),
}

function tooLong(text: string): string | undefined {
  const bytes = Buffer.byteLength(text)
  return bytes > MAX_COMMAND_LINE_BYTES ? `has ${bytes} bytes; at most ${MAX_COMMAND_LINE_BYTES} fit` : undefined
}

/**
 * Reads a configuration, as the loader would.
 * @param where names the file in errors, which name the line, too
 * @throws ImageError at the first mistake
 */
export function parseBootConfig(text: string, where = CONFIG_PATH): BootConfig {
  const state: Parameters<LineReader>[1] = { config: {}, entries: [] }
  const bytes = Buffer.byteLength(text)
  if (bytes > CONFIG_LIMITS.CONFIG_MAX_BYTES) throw mistake(1, `The configuration has ${bytes} bytes; at most ${CONFIG_LIMITS.CONFIG_MAX_BYTES} are read.`, where)
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.replace(/\r$/, '').replace(/^[ \t]+/, '')
    if (/[\0\r]/.test(line)) throw mistake(index + 1, 'The line holds a zero byte, or a carriage return that does not end it.', where)
    if (line === '' || line.startsWith('#')) continue
    // One space ends the word: those after it belong to a command line.
    const [, word = '', value = ''] = /^([^ \t]+)[ \t]?(.*)$/s.exec(line) ?? []
    const reader = Object.hasOwn(READERS, word) ? READERS[word] : undefined
    if (reader === undefined) throw mistake(index + 1, `${JSON.stringify(word)} is no word of the boot configuration.`, where)
    const wrong = reader(value, state, index + 1)
    if (wrong !== undefined) throw mistake(index + 1, `${JSON.stringify(word)} ${wrong}.`, where)
  }
  const { config, entries } = state
  const { timeout, default: chosen = 1 } = config
  if (entries.length === 0) throw mistake(1, 'There is no entry.', where)
  if (chosen < 1 || chosen > entries.length) throw mistake(1, `The default entry is ${chosen}, and there are ${entries.length}.`, where)
  return {
    ...(timeout !== undefined && { timeout }),
    default: chosen,
    entries: entries.map(({ line, title, protocol, kernel, commandLine = '', modules, parameters }) => {
      if (kernel === undefined) throw mistake(line, `The entry ${JSON.stringify(title)} names no kernel.`, where)
      return { title, ...(protocol !== undefined && { protocol }), kernel, commandLine, modules, parameters }
    }),
  }
}

function mistake(line: number, what: string, where: string): ImageError {
  return new ImageError({
    what,
    where: `${where}:${line}`,
    why: 'The boot loader stops at the first line that it does not understand.',
    next: 'Correct the line, or build the image again.',
  })
}
