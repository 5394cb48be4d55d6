/** What a build must know about a cargo project before it calls `cargo build`; remembered as long as the project's files stay as they are. */
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { askConfig, askMetadata, type CargoCall, type CargoMetadata, configFiles, unstableFlags } from './cargo'
import { remember } from './remember'

const packageSchema = z.object({
  name: z.string(),
  /** Absolute path of its Cargo.toml. */
  manifest: z.string(),
  /** Whether `cargo build` in the workspace's folder builds it. */
  isDefault: z.boolean(),
  /** Binary that `cargo run` chooses. */
  defaultRun: z.string().optional(),
  /** Binary targets: name and absolute path of the source file. */
  binaries: z.array(z.object({ name: z.string(), file: z.string() })),
  /** The bootloader crate that it depends on, by itself. */
  bootloader: z.object({ version: z.string(), features: z.array(z.string()) }).optional(),
  /** `[package.metadata]` */
  metadata: z.unknown(),
})
export type CargoPackage = z.infer<typeof packageSchema>

const factsSchema = z.object({
  /** Absolute. rustc's paths start here, and Cargo.lock lies here. */
  workspaceRoot: z.string(),
  /** The workspace's packages. */
  packages: z.array(packageSchema),
  /** Crates that come from crates.io: their unpacked folders. */
  crates: z.array(z.object({ name: z.string(), version: z.string(), folder: z.string() })),
  /** Whether these are all crates of Cargo.lock; offline, those of other platforms may never have been fetched. */
  complete: z.boolean(),
  /** Manifests of all packages that are no crates from elsewhere: the workspace's and path dependencies. */
  manifests: z.array(z.string()),
})
export type CargoFacts = z.infer<typeof factsSchema>

const CRATES_IO = /^(registry\+https:\/\/github\.com\/rust-lang\/crates\.io-index|sparse\+https:\/\/index\.crates\.io\/)/

/** A platform without an operating system: crates for operating systems are not asked for. */
export const ANY_KERNEL = 'x86_64-unknown-none'

/** cargo could not read the project, or could not get its crates. */
export class CargoRefusal extends Error {
  readonly stderr: string

  constructor(stderr: string) {
    super('cargo cannot read the project')
    this.stderr = stderr
  }
}

/**
 * Ask `cargo metadata`, which gets crates that are missing; without a network, what kernels need must be there.
 * @param manifest absolute path of Cargo.toml
 * @param args features and platform: as for the build
 * @throws CargoRefusal with what cargo printed
 */
export function cargoFacts(call: CargoCall, manifest: string, args: readonly string[]): Promise<CargoFacts> {
  return remember({
    kind: 'cargo-facts',
    key: [call.tools.cargo, call.tools.rustcVersion, manifest, ...args],
    schema: factsSchema,
    inputs: (facts) => [join(facts.workspaceRoot, 'Cargo.lock'), ...inputsOf(facts.manifests), ...facts.crates.map(({ folder }) => join(folder, 'Cargo.toml')), ...configFiles(call.cwd, call.env)],
    ask: async () => {
      const answer = await askMetadata(call, ['--manifest-path', manifest, ...args])
      if (answer.ok) return factsOf(answer.metadata, !args.includes('--filter-platform'))
      const here = await askMetadata(call, ['--manifest-path', manifest, '--offline', '--filter-platform', ANY_KERNEL, ...args])
      if (here.ok) return factsOf(here.metadata, false)
      throw new CargoRefusal(answer.stderr)
    },
  })
}

const settingsSchema = z.object({
  flags: z.array(z.string()),
  config: z.object({ target: z.string().optional(), buildStd: z.array(z.string()).optional(), buildStdFeatures: z.array(z.string()).optional(), effects: z.string() }),
})
export type CargoSettings = z.infer<typeof settingsSchema>

/** cargo's unstable flags, and the person's configuration as it counts in a folder. */
export function cargoSettings(call: CargoCall): Promise<CargoSettings> {
  const variables = Object.entries(call.env).filter(([name]) => name.startsWith('CARGO_'))
  return remember({
    kind: 'cargo-settings',
    key: [call.tools.cargo, call.tools.rustcVersion, call.cwd, ...variables.map((entry) => entry.join('='))],
    schema: settingsSchema,
    inputs: () => configFiles(call.cwd, call.env),
    ask: async () => {
      const [flags, config] = await Promise.all([unstableFlags(call), askConfig(call)])
      return { flags, config }
    },
  })
}

/** A new file in src or src/bin can be a new binary. */
function inputsOf(manifests: readonly string[]): string[] {
  return manifests.flatMap((manifest) => [manifest, join(dirname(manifest), 'src'), join(dirname(manifest), 'src', 'bin')])
}

function factsOf({ workspace_root, workspace_members, workspace_default_members, packages, resolve }: CargoMetadata, complete: boolean): CargoFacts {
  const nodes = new Map(resolve?.nodes.map((node) => [node.id, node] as const))
  const members = packages.filter(({ id }) => workspace_members.includes(id))
  return {
    workspaceRoot: workspace_root,
    complete,
    packages: members.map(({ id, name, manifest_path, default_run, targets, metadata }) => {
      const bootloader = packages.find((other) => other.name === 'bootloader' && nodes.get(id)?.dependencies.includes(other.id))
      return {
        name,
        manifest: manifest_path,
        isDefault: (workspace_default_members ?? workspace_members).includes(id),
        ...(default_run === undefined ? {} : { defaultRun: default_run }),
        binaries: targets.filter(({ kind }) => kind.includes('bin')).map((target) => ({ name: target.name, file: target.src_path })),
        ...(bootloader ? { bootloader: { version: bootloader.version, features: nodes.get(bootloader.id)?.features ?? [] } } : {}),
        metadata,
      }
    }),
    crates: packages.filter(({ source }) => source !== undefined && CRATES_IO.test(source)).map(({ name, version, manifest_path }) => ({ name, version, folder: dirname(manifest_path) })),
    manifests: packages.filter(({ source }) => source === undefined).map(({ manifest_path }) => manifest_path),
  }
}
