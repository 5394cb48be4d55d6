/** Kernels without a manifest: what they are, and the manifest that builds them. */
import { basename, join, posix, resolve } from 'node:path'
import { ProjectError } from '../errors'
import { MANIFEST_FILE } from '../manifest'
import { findBuildScript, type BuildScript } from './build-scripts'
import { findCargo, findRustRoot, planCargo, planRustFiles } from './cargo'
import { commandFacts, type CommandFacts } from './command-lines'
import { planCommand } from './command-plan'
import { planNative, projectName, type NativeSource } from './native'
import type { ImportPlan } from './plan'
import { isSource, sourceFacts } from './source-facts'
import { namesIn, readTree, treeOfFile, type SourceTree } from './tree'

/**
 * Look at a folder without manifest, and say how it would be built. Nothing is written or run.
 * @param options.again guess although there is a manifest
 * @throws ProjectError when it has a manifest, holds no kernel, or cannot be read
 */
export async function planFolder(folder: string, options: { again?: boolean } = {}): Promise<{ plan: ImportPlan; tree: SourceTree }> {
  const dir = resolve(folder)
  if (!(await looksLikeKernel(dir))) throw nothingFound(dir)
  const tree = await readTree(dir)
  if (tree.cut) {
    throw new ProjectError({
      what: 'The folder holds too many files to be one kernel',
      where: dir,
      why: `Only the first ${tree.files.length} would be looked at.`,
      next: 'Name the folder of the kernel itself.',
    })
  }
  if (tree.files.includes(MANIFEST_FILE) && !options.again) {
    throw new ProjectError({
      what: 'The folder is a project already',
      where: join(dir, MANIFEST_FILE),
      why: 'Its manifest says how it is built, and may hold changes of yours.',
      next: 'Open it as it is; to have it guessed anew, remove the manifest first, or import with --force.',
    })
  }
  return { plan: await planTree(tree, projectName(dir)), tree }
}

/** Folders in which kernels keep their sources. */
const SOURCE_FOLDERS = /^(src|source|sources|kernel|kern|boot|arch|asm|init|sys|os)$/i

/** Whether a folder is worth reading as a whole: a home folder or a disk is not. */
async function looksLikeKernel(dir: string): Promise<boolean> {
  const tells = (name: string): boolean => isSource(name) || /^(Cargo\.toml|(GNU)?[Mm]akefile|.*\.(ld|lds))$/.test(name)
  const { files, folders } = await namesIn(dir)
  if (files.some(tells)) return true
  const below = await Promise.all(folders.filter((name) => SOURCE_FOLDERS.test(name)).map((name) => namesIn(join(dir, name))))
  return below.some((inside) => inside.files.some(tells) || inside.folders.length > 0)
}

/** How a tree would be built; a manifest in it is passed over. @throws ProjectError when it holds no kernel */
export async function planTree(tree: SourceTree, name: string): Promise<ImportPlan> {
  const cargo = await findCargo(tree)
  if (cargo !== undefined) return planCargo(tree, cargo, name)
  const script = await findBuildScript(tree)
  const all = await sourcesOf(tree)
  const sources = await kernelSources(tree, script, all)
  const foreign = script && script.kind !== 'text' ? whyOnlyItsScript(tree, all) : undefined
  const plan = script && foreign !== undefined ? planCommand(script, name, foreign) : undefined
  if (plan) return plan
  if (script && foreign !== undefined) throw notFollowed(tree.dir, script.path, foreign)
  const below = script?.kind === 'make' && script.commands.length === 0 ? tree.files.filter((path) => /^(kernel|src|kern|sys)\/(GNUm|M|m)akefile$/.test(path)) : []
  if (below[0] !== undefined) throw onlyCallsOthers(tree.dir, script?.path ?? '', below[0])
  if (sources.length === 0) {
    const root = findRustRoot(tree)
    if (root === undefined) throw nothingFound(tree.dir)
    return planRustFiles(tree, root, name)
  }
  const commands = script?.commands.length ? script.commands : commandsInComments(sources)
  return planNative({
    name,
    sources,
    headers: tree.files.filter((path) => /\.(h|inc)$/.test(path)),
    linkerScript: await findLinkerScript(tree, script),
    commands,
    commandsFrom: script?.path ?? 'its comments',
    warnings: [],
  })
}

/**
 * Look at one source file, and say how it would be built as a kernel.
 * @throws ProjectError when it is none, or cannot be read
 */
export async function planFile(path: string): Promise<{ plan: ImportPlan; tree: SourceTree }> {
  const file = resolve(path)
  const tree = await treeOfFile(file, (name, text) => sourceFacts(isSource(name) ? name : `${name}.c`, text)?.includes ?? [])
  const name = basename(file)
  const text = await tree.text(name)
  const facts = text === undefined ? undefined : sourceFacts(name, text)
  if (text === undefined || facts === undefined) {
    throw new ProjectError({ what: 'This is not a source file', where: file, why: 'It is not UTF-8 text, or too long for one.', next: 'Name a .c, .S, .s, .asm or .rs file.' })
  }
  if (facts.language === 'rust') return { plan: await planRustFiles(tree, name, projectName(name)), tree }
  const commands = facts.commands.flatMap((line) => commandFacts(line) ?? [])
  const plan = planNative({ name: projectName(name), sources: [{ path: name, facts }], headers: [], linkerScript: undefined, commands, commandsFrom: 'its comments', warnings: [] })
  return { plan, tree }
}

/** Folders of programs, tests, helpers and other processors: not of a kernel for the PC, unless its build says so. */
const OTHER_FOLDERS = /(^|\/)(apps?|users?|userland|userspace|programs?|tests?|examples?|docs?|tools?|sdk|scripts?|arm|arm64|armv\d\w*|aarch64|riscv\w*|mips\w*|ppc\w*|powerpc|sparc\w*|m68k|s390x?|loongarch\w*)\//i

/** All sources of a tree. Files that others include are parts of those. */
async function sourcesOf(tree: SourceTree): Promise<NativeSource[]> {
  const sources: NativeSource[] = []
  for (const path of tree.files.filter((one) => isSource(one) && !one.endsWith('.rs') && !OTHER_FOLDERS.test(one))) {
    const text = await tree.text(path)
    const facts = text === undefined ? undefined : sourceFacts(path, text)
    if (facts && facts.language !== 'rust') sources.push({ path, facts })
  }
  const included = new Set(sources.flatMap(({ path, facts }) => facts.includes.flatMap((name) => [posix.normalize(name), posix.join(posix.dirname(path), name)])))
  return sources.filter(({ path }) => !included.has(path))
}

/** The sources that a build script links, else all of them; the one with the header first, as it must lie at the front. */
async function kernelSources(tree: SourceTree, script: BuildScript | undefined, all: readonly NativeSource[]): Promise<NativeSource[]> {
  const linked: NativeSource[] = []
  for (const path of new Set(script?.sources)) {
    const text = await tree.text(path)
    const facts = text === undefined ? undefined : sourceFacts(path, text)
    if (facts && facts.language !== 'rust') linked.push({ path, facts })
  }
  const sources = linked.length > 0 ? linked : all
  return sources.toSorted((a, b) => Number(b.facts.multiboot !== undefined) - Number(a.facts.multiboot !== undefined))
}

/** Why a tree's sources cannot simply be compiled and linked; undefined when they can. */
function whyOnlyItsScript(tree: SourceTree, sources: readonly NativeSource[]): string | undefined {
  const other = tree.files.find((path) => /\.(cpp|cc|cxx|C|zig|nim|d|pas|adb|go)$/.test(path) && !OTHER_FOLDERS.test(path))
  if (other !== undefined) return `${other} is in a language that only the tree's own build knows how to compile.`
  if (sources.some(({ facts }) => facts.multiboot !== undefined)) return undefined
  const sector = sources.find(({ facts }) => facts.bootSector)
  if (sector !== undefined && sources.length > 1) return `${sector.path} is a boot sector of the tree's own: its build knows what goes where on the disk.`
  return undefined
}

function commandsInComments(sources: readonly NativeSource[]): CommandFacts[] {
  return sources.flatMap(({ facts }) => facts.commands).flatMap((line) => commandFacts(line) ?? [])
}

/** The script that a build names, else the only one of the tree. */
async function findLinkerScript(tree: SourceTree, script: BuildScript | undefined): Promise<{ path: string; text: string; why: string } | undefined> {
  const named = script?.commands.flatMap(({ linkerScript }) => linkerScript ?? []).map((path) => posix.normalize(path)).find((path) => tree.files.includes(path))
  const scripts = tree.files.filter((path) => /\.(ld|lds|x)$/.test(path) && !OTHER_FOLDERS.test(path))
  const path = named ?? (scripts.length === 1 ? scripts[0] : scripts.find((one) => /(^|\/)(linker|link|kernel)\.(ld|lds)$/.test(one)))
  if (path === undefined) return undefined
  const why = named === undefined ? (scripts.length === 1 ? 'It is the only linker script here.' : `Of ${scripts.join(', ')}, it has a kernel's usual name.`) : `${script?.path} names it.`
  return { path, text: (await tree.text(path)) ?? '', why }
}

function onlyCallsOthers(dir: string, makefile: string, other: string): ProjectError {
  return new ProjectError({
    what: 'The folder holds several things, each with a build of its own',
    where: join(dir, makefile),
    why: `Its Makefile compiles nothing itself; ${other} may be the kernel's.`,
    next: `Import that folder: bootlab import ${posix.dirname(other)}.`,
  })
}

function notFollowed(dir: string, script: string, why: string): ProjectError {
  return new ProjectError({
    what: 'What this tree builds could not be found out',
    where: join(dir, script),
    why,
    next: 'Write a bootlab.json of kind "command" that runs its build and names the kernel or image that comes out.',
  })
}

function nothingFound(dir: string): ProjectError {
  return new ProjectError({
    what: 'There is no project here',
    where: dir,
    why: `The folder holds no kernel that could be recognised (sources in C or assembly, Cargo.toml, a Makefile), and no ${MANIFEST_FILE}.`,
    next: 'Name the folder that holds the sources, or make a project with `bootlab new`.',
  })
}
