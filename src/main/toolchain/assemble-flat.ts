import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomically } from '../files/atomic'
import { cacheFolder, contentKey, markUsed } from './cache'
import { systemErrorCode, ToolError } from './errors'
import { locateZig, runZig, zigVersion, type Zig } from './zig'

/** A program that becomes a flat binary for 32-bit x86: all its text, so that the result depends on nothing else. */
export interface FlatAssembly {
  /** All in one folder that is on the include path; the `.S`, `.s` and `.c` ones are compiled and linked in this order. */
  sources: readonly { name: string; text: string }[]
  /** Text of a GNU linker script. */
  linkerScript: string
  /** Preprocessor definitions for every file. */
  defines: Readonly<Record<string, string | number>>
  /** Further clang flags for every file. */
  flags?: readonly string[]
}

const TARGET = '--target=i386-unknown-none'
/** What is compiled into one object; everything else is included by these. */
const UNIT = /\.(c|S|s)$/
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/**
 * Compile, link and return a flat binary. Results are kept in the cache by the content of all inputs.
 * @throws ToolError with the compiler's words; the signal's reason when cancelled
 */
export async function assembleFlat(program: FlatAssembly, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const zig = locateZig()
  const key = contentKey([
    zigVersion(zig), TARGET, program.linkerScript,
    JSON.stringify(Object.entries(program.defines)), JSON.stringify(program.flags ?? []),
    ...program.sources.flatMap(({ name, text }) => [name, text]),
  ])
  const cached = join(await cacheFolder('flat'), `${key}.bin`)
  try {
    if (await markUsed(cached)) return await readFile(cached)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-flat-'))
  try {
    const binary = await assembleIn(dir, zig, program, signal)
    await writeFileAtomically(cached, binary)
    return binary
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function assembleIn(dir: string, zig: Zig, program: FlatAssembly, signal: AbortSignal | undefined): Promise<Uint8Array> {
  for (const { name, text } of program.sources) {
    if (!PLAIN_NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} is not a plain file name.`)
    await writeFile(join(dir, name), text)
  }
  await writeFile(join(dir, 'link.ld'), program.linkerScript)
  const units = program.sources.filter(({ name }) => UNIT.test(name)).map(({ name }) => name)
  const defines = Object.entries(program.defines).map(([name, value]) => `-D${name}=${value}`)
  const common = ['--no-default-config', TARGET, '-nostdinc', '-isystem', zig.includeDir, '-I.', '-ffreestanding', '-Qunused-arguments', '-fno-color-diagnostics', ...(program.flags ?? []), ...defines]
  await Promise.all(units.map((name) => run(zig, dir, 'clang', name, [...common, '-c', name, '-o', `${name}.o`], signal)))
  const objects = units.map((name) => `${name}.o`)
  await run(zig, dir, 'ld.lld', 'the linker script', ['-m', 'elf_i386', '--color-diagnostics=never', '--build-id=none', '-T', 'link.ld', '--oformat=binary', ...objects, '-o', 'flat.bin'], signal)
  return readFile(join(dir, 'flat.bin'))
}

async function run(zig: Zig, dir: string, tool: 'clang' | 'ld.lld', where: string, args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const result = await runZig({ tool, args, cwd: dir, signal }, zig)
  if (result.code === 0) return
  throw new ToolError({
    what: tool === 'clang' ? 'A source was not accepted by the compiler' : 'The objects could not be linked',
    where,
    why: result.stderr.trim() || `${tool} ended with ${result.endedBy ?? `code ${result.code}`} and said nothing.`,
    next: 'Correct the source that is named.',
  })
}
