/** The benchmark's kernels, built with the lab's own toolchain and loader, like anybody's project. */
import { mkdtempSync, rmSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProject } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'

export const WORKLOADS = ['hash', 'sort', 'calls', 'bytecode'] as const
export type Workload = (typeof WORKLOADS)[number]
export type Bits = 32 | 64

/** The templates whose target specifications the workloads are compiled for. */
const TEMPLATE: Readonly<Record<Bits, string>> = { 32: 'miniboot-c', 64: 'blog-os-c' }

export interface WorkloadImage {
  readonly workload: Workload
  readonly bits: Bits
  readonly path: string
  readonly image: Uint8Array
}

const root = mkdtempSync(join(tmpdir(), 'bootlab-bench-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))

/** A temporary folder that goes when the process ends. */
export const temporaryFolder = (): string => mkdtempSync(join(root, 'project-'))

/** Builds one workload as a disk image. */
export async function buildWorkload(builder: Builder, workload: Workload, bits: Bits): Promise<WorkloadImage> {
  const { root: checkout, resources } = locate()
  const sources = join(checkout, 'tests', 'bench', 'workloads')
  const dir = join(temporaryFolder(), `${workload}-${bits}`)
  await createProject({ templatesDir: join(resources, 'templates'), template: TEMPLATE[bits], dir, name: `${workload}-${bits}` })
  await copyFile(join(sources, 'kernel.h'), join(dir, 'kernel.h'))
  await copyFile(join(sources, `${workload}.c`), join(dir, 'kernel.c'))
  const { result, image } = await builder.build(dir)
  if (image === undefined || result.imagePath === undefined) {
    throw new Error(`The workload ${workload} (${bits} bits) does not build: ${result.problems.map((problem) => problem.message).join('; ')}`)
  }
  return { workload, bits, path: result.imagePath, image }
}
