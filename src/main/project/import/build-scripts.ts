/** Command lines from the files that build a tree: Makefiles, shell scripts, and what a README tells to type. */
import { posix } from 'node:path'
import { commandFacts, type CommandFacts } from './command-lines'
import { readMakefile, stem, type MakeRule } from './makefile'
import { isSource, compilerCommands } from './source-facts'
import type { SourceTree } from './tree'

export interface BuildScript {
  path: string
  kind: 'make' | 'shell' | 'text'
  commands: readonly CommandFacts[]
  /** Sources that the kernel is linked from, when they could be followed; in the order of linking. */
  sources: readonly string[] | undefined
  /** Kernels and images that it writes, the likeliest to boot first. */
  kernels: readonly string[]
  /** Names of its variables. */
  variables: readonly string[]
}

const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile']

/** The Makefile of the tree's root, else a shell script that compiles something, else the commands in a README. */
export async function findBuildScript(tree: SourceTree): Promise<BuildScript | undefined> {
  const makefile = MAKEFILES.find((name) => tree.files.includes(name))
  if (makefile !== undefined) {
    const parts = tree.files.filter((path) => /(^|\/)(GNUm|M|m)akefile[^/]*$|\.(mk|mak|make)$/.test(path))
    const texts = new Map(await Promise.all(parts.map(async (path): Promise<[string, string]> => [path, (await tree.text(path)) ?? ''])))
    return ofMakefile(makefile, texts, tree.files)
  }
  const scripts = tree.files.filter((path) => /^([^/]+|(scripts|tools)\/[^/]+)\.sh$/.test(path))
  const read = await Promise.all(scripts.map(async (path) => ofLines(path, 'shell', (await tree.text(path)) ?? '', tree.files)))
  const script = read.toSorted((a, b) => b.commands.length - a.commands.length).find(({ commands }) => commands.length > 0)
  if (script) return script
  const readme = tree.files.find((path) => /^readme(\.\w+)?$/i.test(path))
  const told = readme === undefined ? undefined : ofLines(readme, 'text', (await tree.text(readme)) ?? '', tree.files)
  return told && told.commands.length > 0 ? told : undefined
}

function ofMakefile(path: string, texts: ReadonlyMap<string, string>, files: readonly string[]): BuildScript {
  const { recipes, variables } = readMakefile(texts.get(path) ?? '', files, texts)
  const lines = recipes.flatMap((rule) => rule.lines.map((line) => line.replaceAll(/\$@|\$\(@\)/g, () => rule.targets[0] ?? '').replaceAll(/\$\^|\$\(\^\)/g, () => rule.prerequisites.join(' '))))
  return { path, kind: 'make', commands: factsOf(lines), sources: linkedSources(recipes, files), kernels: kernelsOf(lines), variables }
}

function ofLines(path: string, kind: 'shell' | 'text', text: string, files: readonly string[]): BuildScript {
  const lines = text.split('\n')
  // A script goes into folders; paths count from where it stands.
  const folder = lines.map((line) => /^\s*cd\s+(\S+)/.exec(line)?.[1]).find((one) => one !== undefined) ?? '.'
  const commands = factsOf(compilerCommands(text)).map((command) => {
    const place = (name: string): string => posix.join(posix.dirname(path), folder, name)
    return { ...command, files: command.files.map(place), includeDirs: command.includeDirs.map(place), ...(command.linkerScript === undefined ? {} : { linkerScript: place(command.linkerScript) }), ...(command.output === undefined ? {} : { output: place(command.output) }) }
  })
  const link = commands.find(({ tool, files: inputs }) => (tool === 'ld' || tool === 'ld.lld') && inputs.length > 0)
  const sources = link?.files.flatMap((object) => commands.find(({ output }) => output === object)?.files.filter(isSource) ?? [])
  const all = sources && sources.length > 0 && sources.every((source) => files.includes(source)) ? sources : undefined
  return { path, kind, commands, sources: all, kernels: kernelsOf(lines), variables: [] }
}

const factsOf = (lines: readonly string[]): CommandFacts[] => lines.flatMap((line) => line.split(/&&|;/)).flatMap((line) => commandFacts(line.trim()) ?? [])

/** From the link command to its objects, from these by their rules to sources. */
function linkedSources(recipes: readonly MakeRule[], files: readonly string[]): string[] | undefined {
  for (const rule of recipes) {
    for (const line of rule.lines) {
      const command = commandFacts(line)
      if (!command || command.files.length === 0) continue
      const inputs = command.files.flatMap((file) => (/^\$[\^+]$|^\$\([\^+]\)$/.test(file) ? rule.prerequisites : [file]))
      const objects = [...new Set(inputs)].filter((input) => /\.(o|obj)$/.test(input))
      if (objects.length === 0) continue
      const sources = objects.map((object) => sourceOf(object, recipes, files))
      if (sources.every((source) => source !== undefined)) return sources
    }
  }
  return undefined
}

function sourceOf(object: string, recipes: readonly MakeRule[], files: readonly string[]): string | undefined {
  for (const { targets, prerequisites } of recipes) {
    for (const target of targets) {
      const middle = stem(target, object)
      if (middle === undefined) continue
      const source = prerequisites.map((one) => posix.normalize(one.replace('%', () => middle))).find((one) => isSource(one) && files.includes(one))
      if (source !== undefined) return source
    }
  }
  // Built-in rules: the same name beside it.
  const beside = ['.c', '.S', '.s', '.asm'].map((suffix) => posix.normalize(object.replace(/\.(o|obj)$/, suffix)))
  return beside.find((path) => files.includes(path))
}

/** Names that lines write to which may be kernels or images: a whole disk before a linked kernel, that before a flat one. */
function kernelsOf(lines: readonly string[]): string[] {
  const found: { path: string; rank: number }[] = []
  for (const line of lines.flatMap((one) => one.split(/&&|;/))) {
    const disk = /\bcat\b.*>\s*([\w./-]+)/.exec(line)?.[1] ?? /\bdd\b.*\bof=([\w./-]+)/.exec(line)?.[1]
    if (disk !== undefined) found.push({ path: disk, rank: 0 })
    const command = commandFacts(line.trim())
    const output = command?.output
    if (!command || output === undefined || /[$%]|\.(o|obj|a|d|iso)$/.test(output)) continue
    if (command.tool === 'ld' || command.tool === 'ld.lld' || command.tool === 'gcc' || command.tool === 'cc' || command.tool === 'clang') found.push({ path: output, rank: command.flat ? 2 : 1 })
    else if (command.flat) found.push({ path: output, rank: 3 })
  }
  return [...new Set(found.toSorted((a, b) => a.rank - b.rank).map(({ path }) => posix.normalize(path)))]
}
