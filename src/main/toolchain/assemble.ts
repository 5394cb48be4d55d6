import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomically } from '../files/atomic'
import { cacheFolder, contentKey, markUsed } from './cache'
import { systemErrorCode, ToolError } from './errors'
import { locateZig, runZig, zigVersion, type Zig, type ZigTool } from './zig'

/** Sources that become one file: all their text, so that the result depends on nothing else. */
export interface Assembly {
  /** All in one folder that is on the include path; the `.S`, `.s` and `.c` ones are compiled and linked in this order. */
  sources: readonly { name: string; text: string }[]
  /** Preprocessor definitions for every file. */
  defines: Readonly<Record<string, string | number>>
  /** Further clang flags for every file. */
  flags?: readonly string[]
}

/** How objects are made and linked for one kind of result. */
export interface Recipe {
  /** clang's `--target`. */
  target: string
  /** Further clang flags that the target needs. */
  targetFlags: readonly string[]
  linker: Extract<ZigTool, 'ld.lld' | 'lld-link'>
  /** The linker's arguments but the objects; what it makes is {@link LINKED}. */
  linkArguments: readonly string[]
  /** A file that the linker reads beside the objects. */
  linkerInput?: { name: string; text: string }
}

export const LINKED = 'linked.bin'

/** What is compiled into one object; everything else is included by these. */
const UNIT = /\.(c|S|s)$/
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/**
 * Compile, link and return the linked file. Results are kept in the cache by the content of all inputs.
 * @throws ToolError with the compiler's words; the signal's reason when cancelled
 */
export async function assemble(assembly: Assembly, recipe: Recipe, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const zig = locateZig()
  const key = contentKey([
    zigVersion(zig), JSON.stringify(recipe),
    JSON.stringify(Object.entries(assembly.defines)), JSON.stringify(assembly.flags ?? []),
    ...assembly.sources.flatMap(({ name, text }) => [name, text]),
  ])
  const cached = join(await cacheFolder('flat'), `${key}.bin`)
  try {
    if (await markUsed(cached)) return await readFile(cached)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-flat-'))
  try {
    const binary = await assembleIn(dir, zig, assembly, recipe, signal)
    await writeFileAtomically(cached, binary)
    return binary
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function assembleIn(dir: string, zig: Zig, { sources, defines, flags = [] }: Assembly, recipe: Recipe, signal: AbortSignal | undefined): Promise<Uint8Array> {
  for (const { name, text } of sources) {
    if (!PLAIN_NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} is not a plain file name.`)
    await writeFile(join(dir, name), text)
  }
  if (recipe.linkerInput) await writeFile(join(dir, recipe.linkerInput.name), recipe.linkerInput.text)
  const units = sources.filter(({ name }) => UNIT.test(name)).map(({ name }) => name)
  const definitions = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`)
  const common = [
    '--no-default-config', `--target=${recipe.target}`, ...recipe.targetFlags, '-nostdinc', '-isystem', zig.includeDir, '-I.', '-ffreestanding',
    '-Qunused-arguments', '-fno-color-diagnostics', ...flags, ...definitions,
  ]
  // All of them end before the folder goes away, also when one fails.
  const compiled = await Promise.allSettled(units.map((name) => run(zig, dir, 'clang', name, [...common, '-c', name, '-o', `${name}.o`], signal)))
  const failed = compiled.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  const where = recipe.linkerInput ? 'the linker script' : 'the linker'
  await run(zig, dir, recipe.linker, where, [...recipe.linkArguments, ...units.map((name) => `${name}.o`)], signal)
  return readFile(join(dir, LINKED))
}

async function run(zig: Zig, dir: string, tool: ZigTool, where: string, args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const result = await runZig({ tool, args, cwd: dir, signal }, zig)
  if (result.code === 0) return
  throw new ToolError({
    what: tool === 'clang' ? 'A source was not accepted by the compiler' : 'The objects could not be linked',
    where,
    why: result.stderr.trim() || result.stdout.trim() || `${tool} ended with ${result.endedBy ?? `code ${result.code}`} and said nothing.`,
    next: 'Correct the source that is named.',
  })
}
