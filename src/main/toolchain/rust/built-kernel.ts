/** A kernel that cargo has built and hands to its runner (The Cargo Book, `target.<triple>.runner`). */
import { access } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { BootloaderCrate } from '../../../shared/boot'
import { LabError } from '../../../shared/failure'
import { bootimageSettings, MetadataError, type RunSettings } from './bootimage'
import { bootloaderPlan } from './boot-metadata'
import type { Environment } from './cargo'
import { ANY_KERNEL, cargoFacts, CargoRefusal } from './cargo-facts'
import { findOnPath } from './locate'

export interface BuiltKernel {
  /** Whether `cargo test` built it. */
  isTest: boolean
  /** The folder of the package's Cargo.toml; undefined when there is none. */
  packageDir: string | undefined
  bootloader?: BootloaderCrate
  settings: RunSettings
  remarks: string[]
}

/**
 * @param kernel path of the executable
 * @param more arguments after it
 * @param env cargo tells its runner where the package is, and which cargo it is
 * @throws LabError when the package's Cargo.toml cannot be used
 */
export async function describeBuiltKernel(kernel: string, more: readonly string[], env: Environment, signal?: AbortSignal): Promise<BuiltKernel> {
  const isTest = isTestExecutable(kernel)
  const packageDir = env['CARGO_MANIFEST_DIR'] || (await findPackage(dirname(resolve(kernel))))
  const cargo = env['CARGO'] || (await findOnPath('cargo'))
  if (packageDir === undefined || cargo === undefined) return { isTest, packageDir: undefined, ...bootimageSettings(undefined, isTest, more) }
  const manifest = join(packageDir, 'Cargo.toml')
  try {
    // What was just built needs nothing from the network; the kernel's platform needs no crates of operating systems.
    const call = { tools: { cargo, rustcVersion: env['RUSTUP_TOOLCHAIN'] ?? '' }, cwd: packageDir, env, signal }
    const { packages } = await cargoFacts(call, manifest, ['--offline', '--filter-platform', ANY_KERNEL])
    const own = packages.find((found) => found.manifest === manifest)
    const plan = own && bootloaderPlan(own, 'Cargo.toml')
    const [problem] = plan?.problems ?? []
    if (problem) throw new LabError({ code: 'bad-input', what: problem.message, where: manifest, why: 'The boot loader would start the kernel in another way than it is written for.', next: problem.next ?? 'Correct Cargo.toml.' })
    return { isTest, packageDir, ...(plan ? { bootloader: plan.bootloader } : {}), ...bootimageSettings(own?.metadata, isTest, more) }
  } catch (error) {
    if (error instanceof MetadataError) throw new LabError({ code: 'bad-input', what: error.message, where: manifest, why: 'It decides how the kernel is run.', next: 'Correct Cargo.toml.' })
    if (!(error instanceof CargoRefusal)) throw error
    throw new LabError({
      code: 'bad-input',
      what: 'cargo cannot read the package of the kernel',
      where: manifest,
      why: `It decides how the kernel is booted and tested. cargo says: ${error.stderr.trim().split('\n')[0] ?? ''}`,
      next: 'Build it once more with cargo.',
    }, { cause: error })
  }
}

/** cargo ends the name of what `cargo test` builds with a hash, and puts it into a folder `deps` (newer ones: `build/<package>/<hash>/out`). */
export function isTestExecutable(path: string): boolean {
  const parent = basename(dirname(path))
  return parent === 'deps' || parent.startsWith('rustdoctest') || /-[0-9a-f]{16}(\.exe)?$/.test(basename(path))
}

async function findPackage(from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    if (await access(join(folder, 'Cargo.toml')).then(() => true, () => false)) return folder
    if (dirname(folder) === folder) return undefined
  }
}
