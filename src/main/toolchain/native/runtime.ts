import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomically } from '../../files/atomic'
import { cacheFolder, contentKey, markUsed } from '../cache'
import { ToolError } from '../errors'
import type { TargetFlags } from '../target-flags'
import { runZig, type Zig, type ZigTool } from '../zig'
import { baseArgs } from './compile'
import { RUNTIME_HEADERS, RUNTIME_SOURCES } from './runtime-sources'

/** -fno-builtin: memcpy must not become a call of memcpy. */
const ARGS = ['-O2', '-std=c17', '-fno-builtin', '-ffunction-sections', '-w']

/**
 * The archive of functions that compilers call by themselves, compiled for a target; kept in the cache.
 * Returns its absolute path, whose last part changes with its content.
 * @throws ToolError with the compiler's words when the target's flags do not fit together
 */
export async function runtimeArchive(zig: Zig, version: string, flags: Pick<TargetFlags, 'compile'>, signal: AbortSignal | undefined): Promise<string> {
  const files = { ...RUNTIME_HEADERS, ...RUNTIME_SOURCES }
  const args = [...baseArgs(zig), ...flags.compile, ...ARGS]
  const key = contentKey([version, ...args, ...Object.entries(files).flat()]).slice(0, 20)
  const archive = join(await cacheFolder('runtime'), `runtime-${key}.a`)
  if (await markUsed(archive)) return archive
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-runtime-'))
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
    const sources = Object.keys(RUNTIME_SOURCES)
    await run(zig, dir, 'clang', [...args, '-c', ...sources], signal)
    await run(zig, dir, 'ar', ['rcsD', 'runtime.a', ...sources.map((name) => name.replace(/c$/, 'o'))], signal)
    await writeFileAtomically(archive, await readFile(join(dir, 'runtime.a')))
    return archive
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function run(zig: Zig, cwd: string, tool: ZigTool, args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const result = await runZig({ tool, args, cwd, signal }, zig)
  if (result.code === 0) return
  throw new ToolError({
    what: 'The runtime (memcpy, 64-bit division …) does not compile for this target',
    where: 'resources/runtime',
    why: result.stderr.trim().split('\n')[0] || `${tool} ended with ${result.endedBy ?? `code ${result.code}`}.`,
    next: 'Correct the target specification; or say "runtime": false in bootlab.json.',
  })
}
