/** Which binary of a cargo workspace is the kernel. */
import { readFile } from 'node:fs/promises'
import type { RustManifest } from '../../project'
import type { Problem } from '../../../shared/problems'
import { systemErrorCode } from '../errors'
import type { CargoFacts, CargoPackage } from './cargo-facts'

export interface Kernel {
  package: CargoPackage
  binary: string
}

interface Candidate extends Kernel {
  /** The source file. */
  file: string
}

/**
 * What the manifest names; else what cargo itself would run: the package of the Cargo.toml, or the default members of a workspace, and their
 * `default-run`. When several are left, the freestanding one is the kernel: the others are tools that run on the computer that builds.
 * @param manifestPath absolute
 */
export async function chooseKernel(facts: CargoFacts, manifest: RustManifest, manifestPath: string): Promise<Kernel | Problem> {
  const { packages } = facts
  const named = manifest.package
  if (named !== undefined && !packages.some(({ name }) => name === named)) {
    return complaint(manifest, `The workspace has no package ${JSON.stringify(named)}; it has ${list(packages.map(({ name }) => name))}.`, 'Correct "package" in bootlab.json.')
  }
  const own = packages.filter((found) => found.manifest === manifestPath)
  const considered = named === undefined ? (own.length > 0 ? own : packages.filter(({ isDefault }) => isDefault)) : packages.filter(({ name }) => name === named)
  const all: Candidate[] = considered.flatMap((found) => found.binaries.map(({ name, file }) => ({ package: found, binary: name, file })))
  const wanted = manifest.bin === undefined ? all : all.filter(({ binary }) => binary === manifest.bin)
  const [first] = wanted
  if (first === undefined) {
    if (manifest.bin !== undefined && all.length > 0) return complaint(manifest, `There is no binary ${JSON.stringify(manifest.bin)}; there is ${list(all.map(({ binary }) => binary))}.`, 'Correct "bin" in bootlab.json.')
    return complaint(manifest, 'The package has no binary, so there is no kernel to boot.', 'Add src/main.rs.')
  }
  if (wanted.length === 1) return first
  const chosen = wanted.filter(({ package: { defaultRun }, binary }) => binary === defaultRun)
  if (chosen[0] !== undefined && chosen.length === 1) return chosen[0]
  const freestanding = (await Promise.all(wanted.map(async (candidate) => ((await isFreestanding(candidate.file)) ? [candidate] : [])))).flat()
  if (freestanding[0] !== undefined && freestanding.length === 1) return freestanding[0]
  const severalPackages = new Set(wanted.map(({ package: { name } }) => name)).size > 1
  const names = list(wanted.map(({ package: { name }, binary }) => (severalPackages ? `${binary} (package ${name})` : binary)))
  return complaint(manifest, `The package has several binaries: ${names}.`, `Name one as "bin"${severalPackages ? ', and its package as "package",' : ''} in bootlab.json.`)
}

export function isProblem(found: Kernel | Problem): found is Problem {
  return 'severity' in found
}

function complaint({ manifestPath }: RustManifest, message: string, next: string): Problem {
  return { severity: 'error', source: 'cargo', file: manifestPath, message, next }
}

const list = (names: readonly string[]): string => names.join(', ')

async function isFreestanding(file: string): Promise<boolean> {
  try {
    return /^\s*#!\[(no_main|no_std)\]/m.test(await readFile(file, 'utf8'))
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error
    return false
  }
}
