/** What a kernel in Rust is compiled for: a specification of the project's own, or one that is built into rustc. */
import { access } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { parseTargetSpec, type Project, type RustManifest, type Target } from '../../project'
import type { BuildRecord } from '../build-result'
import { loadTarget } from '../load-target'
import type { RustCall, CargoConfig } from './cargo'
import { printTargetSpec } from './rustc'

/** rustc's own target for kernels of the PC. */
const DEFAULT_TARGET = 'x86_64-unknown-none'

export interface RustTarget {
  /** What --target is given: a built-in name, or the absolute path of a specification. */
  argument: string
  /** Problems about the target point into this file; undefined for a built-in one. */
  own: Target | undefined
  pointerWidth: 32 | 64
}

/** The manifest's target, else that of `.cargo/config.toml`, else rustc's own for kernels; undefined when it cannot be used (reported). */
export async function rustTarget(project: Project, manifest: RustManifest, config: CargoConfig, call: RustCall, record: BuildRecord): Promise<RustTarget | undefined> {
  const named = manifest.target ?? (config.target === undefined ? DEFAULT_TARGET : await relativeToConfig(config.target, call.cwd, project.dir))
  if (named.endsWith('.json')) {
    const target = await loadTarget(project, named, record)
    return target && { argument: resolve(project.dir, named), own: target, pointerWidth: target.machine.pointerWidth }
  }
  return builtIn(named, call, record)
}

/** cargo takes a path in a configuration from the folder that holds `.cargo`. */
async function relativeToConfig(target: string, cwd: string, projectDir: string): Promise<string> {
  if (!target.endsWith('.json')) return target
  for (let folder = cwd; ; folder = dirname(folder)) {
    const path = join(folder, target)
    if (await access(path).then(() => true, () => false)) return relative(projectDir, path)
    if (dirname(folder) === folder) return target
  }
}

async function builtIn(name: string, call: RustCall, record: BuildRecord): Promise<RustTarget | undefined> {
  const printed = await printTargetSpec(name, call)
  if (!printed.ok) {
    record.report({ severity: 'error', source: 'target', message: printed.why, next: `Name a target specification (.json) as "target", or "${DEFAULT_TARGET}".` })
    return undefined
  }
  const result = parseTargetSpec(printed.text, name)
  const fault = result.problems.find(({ severity }) => severity === 'error')
  const os = result.ok ? result.target.spec.os : undefined
  if (result.ok && (os === undefined || os === 'none')) return { argument: name, own: undefined, pointerWidth: result.target.machine.pointerWidth }
  const why = fault?.message ?? `Programs for it run on the operating system ${JSON.stringify(os)}; a kernel runs on none.`
  record.report({ severity: 'error', source: 'target', message: `The target ${name} does not fit: ${why}`, next: `Name a target specification (.json) as "target", or "${DEFAULT_TARGET}".` })
  return undefined
}
