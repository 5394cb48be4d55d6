/** The person's cargo: how it is called, and what it tells about a workspace (The Cargo Book: `cargo metadata`, `cargo config`). */
import { dirname, join } from 'node:path'
import { homedir } from 'node:os'
import { z } from 'zod'
import { runProcess, type ProcessResult } from '../process'
import type { RustTools } from './locate'

export type Environment = Readonly<Record<string, string | undefined>>

/** cargo and rustc with what they need to accept unstable options; no colours, no progress bar. */
export function cargoEnvironment(tools: RustTools): Environment {
  return {
    ...process.env,
    RUSTC: tools.rustc,
    ...(tools.nightly ? {} : { RUSTC_BOOTSTRAP: '1' }),
    CARGO_TERM_COLOR: 'never',
    CARGO_TERM_PROGRESS_WHEN: 'never',
  }
}

export interface CargoCall {
  tools: Pick<RustTools, 'cargo' | 'rustcVersion'>
  /** Absolute. */
  cwd: string
  env: Environment
  signal?: AbortSignal | undefined
}

/** A call that builds: with the whole toolchain. */
export interface RustCall extends CargoCall {
  tools: RustTools
}

export function callCargo({ tools, cwd, env, signal }: CargoCall, args: readonly string[]): Promise<ProcessResult> {
  return runProcess({ command: tools.cargo, args, cwd, env, signal })
}

/** The names of cargo's unstable flags. */
export async function unstableFlags(call: CargoCall): Promise<string[]> {
  const help = await callCargo(call, ['-Zhelp'])
  return [...help.stdout.matchAll(/^\s*-Z ([a-z-]+)/gm)].map((match) => match[1] ?? '')
}

const nullable = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

const metadataSchema = z.object({
  workspace_root: z.string(),
  workspace_members: z.array(z.string()),
  /** Since cargo 1.71. */
  workspace_default_members: z.array(z.string()).optional(),
  packages: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      version: z.string(),
      source: nullable(z.string()),
      manifest_path: z.string(),
      default_run: nullable(z.string()),
      targets: z.array(z.object({ name: z.string(), kind: z.array(z.string()), src_path: z.string() })),
      metadata: z.unknown(),
    }),
  ),
  resolve: nullable(z.object({ nodes: z.array(z.object({ id: z.string(), features: z.array(z.string()), dependencies: z.array(z.string()) })) })),
})
export type CargoMetadata = z.infer<typeof metadataSchema>

/** @returns the metadata, or what cargo printed instead */
export async function askMetadata(call: CargoCall, args: readonly string[]): Promise<{ ok: true; metadata: CargoMetadata } | { ok: false; stderr: string }> {
  const result = await callCargo(call, ['metadata', '--format-version=1', ...args])
  if (result.code !== 0) return { ok: false, stderr: result.stderr }
  return { ok: true, metadata: metadataSchema.parse(JSON.parse(result.stdout)) }
}

/** The parts of `.cargo/config.toml` that decide how a kernel is built; the person's folders and variables joined by cargo. */
const configSchema = z.looseObject({
  build: z.looseObject({ target: z.union([z.string(), z.array(z.string())]).optional() }).optional(),
  unstable: z.looseObject({ 'build-std': z.array(z.string()).optional(), 'build-std-features': z.array(z.string()).optional() }).optional(),
})

/** Tables and keys (`table.key`, `table.*.key`) that make no difference to what core is compiled to. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  [
    'alias cache cargo-new credential-alias doc future-incompat-report http include install net paths registries registry source term',
    'build.target build.jobs build.target-dir build.build-dir build.dep-info-basedir',
    'unstable.build-std unstable.build-std-features unstable.json-target-spec unstable.unstable-options',
    'target.*.runner target.*.linker',
  ].flatMap((names) => names.split(' ')),
)

export interface CargoConfig {
  /** `build.target`, as it is written. */
  target?: string | undefined
  /** `unstable.build-std` */
  buildStd?: string[] | undefined
  /** `unstable.build-std-features` */
  buildStdFeatures?: string[] | undefined
  /** All that can make a difference to how core is compiled (rustflags, profiles …), as JSON; `{}` when there is nothing. */
  effects: string
}

/** The configuration that is in force in a folder. A file that cargo cannot read is reported by the build that follows. */
export async function askConfig(call: CargoCall): Promise<CargoConfig> {
  const result = await callCargo(call, ['config', 'get', '--format=json', '-Zunstable-options'])
  const parsed = result.code === 0 ? configSchema.safeParse(JSON.parse(result.stdout)) : undefined
  if (!parsed?.success) return { effects: '{}' }
  const { build, unstable } = parsed.data
  const target = Array.isArray(build?.target) ? build.target[0] : build?.target
  return { target, buildStd: unstable?.['build-std'], buildStdFeatures: unstable?.['build-std-features'], effects: JSON.stringify(withEffect(parsed.data, '') ?? {}) }
}

/** A configuration without what has no effect, and without tables that are then empty. */
function withEffect(value: unknown, path: string): unknown {
  if (WITHOUT_EFFECT.has(path)) return undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const kept = withEffect(inner, path === '' ? key : `${path}.${path === 'target' ? '*' : key}`)
    return kept === undefined ? [] : [[key, kept] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** Every place where cargo looks for its configuration, the nearest first (The Cargo Book, "Hierarchical structure"). */
export function configFiles(cwd: string, env: Environment = process.env): string[] {
  const folders: string[] = []
  for (let folder = cwd; ; folder = dirname(folder)) {
    folders.push(join(folder, '.cargo'))
    if (dirname(folder) === folder) break
  }
  const home = env['CARGO_HOME'] || join(homedir(), '.cargo')
  return [...new Set([...folders, home])].flatMap((folder) => [join(folder, 'config.toml'), join(folder, 'config')])
}
