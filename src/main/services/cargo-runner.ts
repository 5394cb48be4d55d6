/** What cargo's runner boots: a kernel that cargo has built, as its Cargo.toml says it is run. */
import { access } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { CpuModelName } from '../../shared/cpu-models'
import { LabError } from '../../shared/failure'
import { MANIFEST_FILE, openProject } from '../project'
import { type BuiltKernel, describeBuiltKernel } from '../toolchain'
import { Builder } from './builder'
import { memoryOf } from './projects'
import { DEFAULT_MEMORY_BYTES, readInput } from './services'

export interface RunnerJob extends Pick<BuiltKernel, 'isTest' | 'settings'> {
  /** For messages: the file's name. */
  name: string
  image: Uint8Array
  memoryBytes: number
  model?: CpuModelName | undefined
  processors?: number | undefined
  /** Sentences that the person should see. */
  remarks: string[]
}

/**
 * @param more arguments after the kernel: arguments for QEMU
 * @param env as cargo starts its runner with
 * @throws LabError, ImageError when the kernel or its Cargo.toml cannot be used
 */
export async function prepareRunnerJob(kernel: string, more: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<RunnerJob> {
  const path = resolve(kernel)
  const [bytes, built] = await Promise.all([readInput(path), describeBuiltKernel(path, more, env, signal)])
  const { isTest, settings, packageDir } = built
  const remarks = [...built.remarks]
  const project = packageDir !== undefined && (await hasManifest(packageDir)) ? (await openProject(packageDir)).manifest : undefined
  const image = await new Builder().imageOf(bytes, path, project?.run.append, (warning) => remarks.push(warning), { bootloader: built.bootloader })
  const memoryBytes = settings.memoryBytes ?? (project ? memoryOf(project) : DEFAULT_MEMORY_BYTES)
  if (memoryBytes < 2 ** 20) throw new LabError({ code: 'bad-input', what: `${memoryBytes} bytes of memory are too few.`, where: 'run-args: -m', next: 'Write a size such as -m 128M.' })
  return { name: basename(path), isTest, settings, image, memoryBytes, model: project?.run.cpu, processors: project?.run.cpus, remarks }
}

const hasManifest = (folder: string): Promise<boolean> => access(join(folder, MANIFEST_FILE)).then(() => true, () => false)
