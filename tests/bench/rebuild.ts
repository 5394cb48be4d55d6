/**
 * Rebuilding the C template: after a change of one line (compile, link, image), and with nothing changed. The compilers' own time is that
 * of the same clang and ld.lld started by hand on the same files, one after the other.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createProject } from '../../src/main/project'
import type { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { locateZig, runZig } from '../../src/main/toolchain/zig'
import { temporaryFolder } from './workload-images'

export interface Rebuild {
  /** All in milliseconds, one per round. */
  changed: number[]
  unchanged: number[]
  compilers: number[]
}

const TEXT = 'Hello, World !!'

export async function measureRebuild(builder: Builder, rounds: number): Promise<Rebuild> {
  const dir = join(temporaryFolder(), 'rebuild')
  await createProject({ templatesDir: join(locate().resources, 'templates'), template: 'miniboot-c', dir })
  const path = join(dir, 'kernel.c')
  const source = await readFile(path, 'utf8')
  if (!source.includes(TEXT)) throw new Error(`${path} does not contain "${TEXT}" any more: the benchmark must edit another line.`)
  const build = async (): Promise<number> => {
    const started = performance.now()
    const { result } = await builder.build(dir)
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '))
    return performance.now() - started
  }
  await build()
  const figures: Rebuild = { changed: [], unchanged: [], compilers: [] }
  for (let round = 0; round < rounds; round++) {
    await writeFile(path, source.replace(TEXT, `Round ${round}`.padEnd(TEXT.length)))
    figures.changed.push(await build())
    figures.unchanged.push(await build())
    figures.compilers.push(await compilersAlone(dir))
  }
  return figures
}

async function compilersAlone(dir: string): Promise<number> {
  const zig = locateZig()
  const started = performance.now()
  const compile = ['--no-default-config', '--target=i386-unknown-none', '-march=i386', '-mno-sse', '-msoft-float', '-O2', '-g', '-Wall', '-ffreestanding', '-fno-pic', '-nostdinc', '-isystem', zig.includeDir, '-c', 'kernel.c', '-o', 'alone.o']
  const link = ['-m', 'elf_i386', '--image-base=0x100000', '--entry=start_entry', '-z', 'noseparate-code', 'alone.o', '-o', 'alone.elf']
  for (const [tool, args] of [['clang', compile], ['ld.lld', link]] as const) {
    const { code, stderr } = await runZig({ tool, args, cwd: dir }, zig)
    if (code !== 0) throw new Error(stderr)
  }
  return performance.now() - started
}
