import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomically } from '../files/atomic'
import { cacheFolder, contentKey, markUsed } from './cache'
import { ToolError } from './errors'
import { locateZig, runZig, zigVersion } from './zig'

/** zig's names. macOS 11 is the first on Apple's own processors; its headers and library stubs come with zig. */
const SYSTEMS: Readonly<Record<string, string>> = { darwin: 'macos.11.0', linux: 'linux-gnu' }
const PROCESSORS: Readonly<Record<string, string>> = { arm64: 'aarch64', x64: 'x86_64' }

/**
 * The target that is this computer, in zig's words.
 * @throws RangeError for systems that need no such programs
 */
export function hostTarget(platform: string = process.platform, arch: string = process.arch): string {
  const [system, processor] = [SYSTEMS[platform], PROCESSORS[arch]]
  if (system === undefined || processor === undefined) throw new RangeError(`No programs are made for ${platform} on ${arch}.`)
  return `${processor}-${system}`
}

/**
 * A C program of one file for the computer that Bootlab runs on, compiled at first use and kept by its content.
 * @returns the program's absolute path
 * @throws ToolError with the compiler's words; the signal's reason when cancelled
 */
export async function hostProgram(source: string, { target = hostTarget(), signal }: { target?: string; signal?: AbortSignal | undefined } = {}): Promise<string> {
  const zig = locateZig()
  const args = ['-target', target, '-std=gnu11', '-O2', '-s', '-Wall', '-Wextra', '-Werror']
  const path = join(await cacheFolder('programs'), contentKey([zigVersion(zig), ...args, source]))
  if (await markUsed(path)) return path
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-program-'))
  try {
    await writeFile(join(dir, 'program.c'), source)
    const { code, stdout, stderr } = await runZig({ tool: 'cc', args: [...args, '-o', 'program', 'program.c'], cwd: dir, signal }, zig)
    if (code !== 0) throw new ToolError({ what: 'A small program of Bootlab’s own cannot be compiled', where: target, why: (stderr || stdout).trim() || `The compiler ended with code ${code ?? 'none'}.`, next: 'Install Bootlab again; if it happens again, report it.' })
    await writeFileAtomically(path, await readFile(join(dir, 'program')), 0o755)
    return path
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
