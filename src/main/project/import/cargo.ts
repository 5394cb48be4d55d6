/** Kernels built by cargo: where the target specification is, and what the crate says about its boot loader. */
import { posix } from 'node:path'
import { nameFrom, planOf, type Guess, type ImportPlan } from './plan'
import { specFile, specText } from './specs'
import type { SourceTree } from './tree'

/** A dependency in whichever of TOML's ways it is written: `name = …`, `name.workspace = …`, `[dependencies.name]`. */
const dependsOn = (text: string, crate: string): boolean => new RegExp(`^\\s*(${crate}\\s*[.=]|\\[[^\\]]*dependencies\\.${crate}\\])`, 'm').test(text)

/**
 * The tree's Cargo.toml that is a package of a kernel: the only one that depends on bootloader_api, as the package at the root then often makes disk images;
 * else at its root, else the only one below.
 */
export async function findCargo(tree: SourceTree): Promise<string | undefined> {
  const manifests = tree.files.filter((path) => posix.basename(path) === 'Cargo.toml')
  const kernels: string[] = []
  for (const path of manifests) {
    const text = (await tree.text(path)) ?? ''
    if (/^\s*\[package\]/m.test(text) && dependsOn(text, 'bootloader_api')) kernels.push(path)
  }
  if (kernels.length === 1) return kernels[0]
  if (tree.files.includes('Cargo.toml')) return 'Cargo.toml'
  const below = tree.files.filter((path) => /^[^/]+\/Cargo\.toml$/.test(path))
  return below.length === 1 ? below[0] : undefined
}

export async function planCargo(tree: SourceTree, manifestPath: string, name: string): Promise<ImportPlan> {
  const text = (await tree.text(manifestPath)) ?? ''
  const folder = posix.dirname(manifestPath)
  const guesses: Guess[] = [{ what: 'A Rust kernel built by cargo', why: `There is ${manifestPath}.` }]
  const configs = ['.cargo/config.toml', '.cargo/config'].flatMap((path) => (folder === '.' ? [path] : [`${folder}/${path}`, path]))
  const configPath = configs.find((path) => tree.files.includes(path))
  const config = configPath === undefined ? '' : ((await tree.text(configPath)) ?? '')
  const target = await findSpec(tree, folder, { config, configPath, text, manifestPath }, guesses)
  if (target === undefined) {
    const named = /^\s*target\s*=\s*"([^"]+)"/m.exec(config)?.[1]
    guesses.push({ what: `The built-in target ${named ?? 'x86_64-unknown-none'}`, why: named === undefined ? 'No target specification lies in the folder, and this one is for kernels.' : `${configPath} names it.` })
  }
  const bin = /^\s*default-run\s*=\s*"([^"]+)"/m.exec(text)?.[1]
  const crate = packageName(text)
  const content = {
    name: crate === undefined ? name : nameFrom(crate),
    kind: 'rust',
    ...(target === undefined ? {} : { target }),
    ...(manifestPath === 'Cargo.toml' ? {} : { manifestPath }),
    ...(bin === undefined ? {} : { bin }),
  }
  if (dependsOn(text, 'bootloader_api')) guesses.push({ what: 'The boot protocol of the crate bootloader 0.11', why: `${manifestPath} depends on bootloader_api; what it asks for stands in the kernel itself.` })
  const bootloader = /^\s*bootloader(_precompiled)?\s*=\s*(?:"([^"]+)"|\{[^}]*version\s*=\s*"([^"]+)")/m.exec(text)
  if (bootloader) guesses.push({ what: `The boot protocol of the crate bootloader${bootloader[1] ?? ''} ${bootloader[2] ?? bootloader[3] ?? ''}`.trim(), why: `${manifestPath} depends on it.` })
  if (/\[package\.metadata\.bootimage\]/.test(text)) guesses.push({ what: 'Settings of bootimage for test runs', why: `${manifestPath} has [package.metadata.bootimage]; \`bootlab runner\` reads it.` })
  return planOf(content, { guesses })
}

const packageName = (text: string): string | undefined => /\[package\][^[]*?^\s*name\s*=\s*"([^"]+)"/m.exec(text)?.[1]

interface CargoTexts {
  config: string
  configPath: string | undefined
  text: string
  manifestPath: string
}

/** The configuration's build.target, bootimage's default-target, or the only JSON file that reads as a specification. */
async function findSpec(tree: SourceTree, folder: string, { config, configPath, text, manifestPath }: CargoTexts, guesses: Guess[]): Promise<string | undefined> {
  const named = [
    { path: /^\s*target\s*=\s*"([^"]+\.json)"/m.exec(config)?.[1], why: `${configPath} names it as the target.`, from: folder },
    { path: /^\s*default-target\s*=\s*"([^"]+\.json)"/m.exec(text)?.[1], why: `${manifestPath} names it as the target.`, from: folder },
  ]
  for (const { path, why, from } of named) {
    if (path === undefined) continue
    const places = [posix.normalize(posix.join(from, path)), posix.normalize(path)]
    const place = places.find((one) => tree.files.includes(one))
    if (place === undefined) continue
    guesses.push({ what: `The target specification ${place}`, why })
    return place
  }
  const specs: string[] = []
  for (const path of tree.files.filter((file) => file.endsWith('.json'))) {
    if (/"llvm-target"/.test((await tree.text(path)) ?? '')) specs.push(path)
  }
  const chosen = specs.find((path) => /x86_64|i[3-6]86|x86/.test(path)) ?? specs[0]
  if (chosen !== undefined) guesses.push({ what: `The target specification ${chosen}`, why: specs.length === 1 ? 'It is the only JSON file with an "llvm-target".' : `Of ${specs.join(', ')}, its name is that of the PC.` })
  return chosen
}

/** The Rust file that a tree without Cargo.toml starts from. */
export function findRustRoot(tree: SourceTree): string | undefined {
  const files = tree.files.filter((path) => path.endsWith('.rs'))
  return ['src/main.rs', 'main.rs'].find((path) => files.includes(path)) ?? (files.length === 1 ? files[0] : undefined)
}

/** Signs of code from before the edition of 2021, which refuses some of it. */
const OLD_CODE = /^\s*extern\s+crate\b|#!\[feature\([^)]*\b(lang_items|panic_implementation|asm|const_fn)\b/m

/** Rust files without Cargo.toml: a package around them. */
export async function planRustFiles(tree: SourceTree, path: string, name: string): Promise<ImportPlan> {
  const text = (await tree.text(path)) ?? ''
  const edition = /#\[unsafe\(|\bunsafe\s+extern\s+"/.test(text) ? '2024' : OLD_CODE.test(text) ? '2018' : '2021'
  const crates = [...new Set([...text.matchAll(/^\s*(?:use|extern\s+crate)\s+(\w+)/gm)].flatMap(([, crate]) => crate ?? []))].filter((crate) => !['core', 'alloc', 'crate', 'self', 'super', 'std'].includes(crate) && !new RegExp(`\\bmod\\s+${crate}\\b`).test(text))
  const cargo = `[package]
name = "${name.replaceAll('.', '-')}"
version = "0.1.0"
edition = "${edition}"

[[bin]]
name = "${name.replaceAll('.', '-')}"
path = "${path}"
test = false
bench = false
`
  const guesses: Guess[] = [
    { what: `Edition ${edition} of Rust`, why: edition === '2024' ? `${path} uses attributes as that edition writes them.` : edition === '2018' ? `${path} is written as one did then.` : `${path} has nothing of a later one.` },
  ]
  const own = await findSpec(tree, '.', { config: '', configPath: undefined, text: '', manifestPath: 'Cargo.toml' }, guesses)
  const target = own ?? specFile('x86_64')
  if (own === undefined) guesses.push({ what: '64-bit code', why: 'Bootlab’s loader starts a Rust kernel in long mode.' })
  const files = [{ path: 'Cargo.toml', text: cargo }, ...(own === undefined ? [{ path: target, text: specText('x86_64', { linkArgs: ['--image-base=0x200000', '--entry=_start', '-z', 'max-page-size=4096'] }) }] : [])]
  const warnings = crates.length > 0 ? [`${path} uses the crates ${crates.join(', ')}: without a Cargo.toml, nothing says which versions. Add them to its [dependencies].`] : []
  return planOf({ name, kind: 'rust', target, open: [target, path] }, { files, guesses, warnings })
}
