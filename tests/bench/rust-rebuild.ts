/** What Bootlab adds to cargo: a line of the Rust template changes, the project is built; cargo's own part of that is taken off. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createProject } from '../../src/main/project'
import type { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { temporaryFolder } from './workload-images'

export interface RustRebuildFigures {
  /** Milliseconds of whole builds, each after a change of one line. */
  builds: number[]
  /** Of which cargo ran for so long. */
  cargo: number[]
}

export async function measureRustRebuild(builder: Builder, rounds: number): Promise<RustRebuildFigures> {
  const dir = join(temporaryFolder(), 'rust-rebuild')
  await createProject({ templatesDir: join(locate().resources, 'templates'), template: 'blog-os-rust', dir })
  const path = join(dir, 'src', 'main.rs')
  const source = await readFile(path, 'utf8')
  const figures: RustRebuildFigures = { builds: [], cargo: [] }
  for (let round = 0; round <= rounds; round++) {
    const changed = source.replace('b"HELLO"', `b"R${String(round).padStart(4, '0')}"`)
    if (changed === source) throw new Error(`${path} does not contain b"HELLO" any more: the benchmark must edit another line.`)
    await writeFile(path, changed)
    const started = performance.now()
    const { result } = await builder.build(dir)
    const milliseconds = performance.now() - started
    const cargo = result.steps.find(({ name }) => name === 'cargo build')
    if (!result.ok || cargo === undefined) throw new Error(`The Rust template does not build: ${result.problems.map(({ message }) => message).join('; ')}`)
    if (round === 0) continue
    figures.builds.push(milliseconds)
    figures.cargo.push(cargo.milliseconds)
  }
  return figures
}
