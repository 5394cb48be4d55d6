/** Command lines from the files that build a tree: Makefiles, shell scripts. */
import { posix } from 'node:path'
import { commandFacts, type CommandFacts } from './command-lines'
import { readMakefile, stem, type MakeRule } from './makefile'
import { isSource, compilerCommands } from './source-facts'
import type { SourceTree } from './tree'

export interface BuildScript {
  path: string
  kind: 'make' | 'shell'
  commands: readonly CommandFacts[]
  /** Sources that the kernel is linked from, when they could be followed; in the order of linking. */
  sources: readonly string[] | undefined
}

const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile']

/** The Makefile of the tree's root, else a shell script there that compiles something; undefined when there is neither. */
export async function findBuildScript(tree: SourceTree): Promise<BuildScript | undefined> {
  const makefile = MAKEFILES.find((name) => tree.files.includes(name))
  if (makefile !== undefined) return ofMakefile(makefile, (await tree.text(makefile)) ?? '', tree.files)
  const scripts = tree.files.filter((path) => /^[^/]+\.sh$/.test(path) || /^(scripts|tools)\/[^/]+\.sh$/.test(path))
  const read = await Promise.all(scripts.map(async (path) => ofShell(path, (await tree.text(path)) ?? '', tree.files)))
  return read.toSorted((a, b) => b.commands.length - a.commands.length).find(({ commands }) => commands.length > 0)
}

function ofMakefile(path: string, text: string, files: readonly string[]): BuildScript {
  const { recipes } = readMakefile(text, files)
  const commands = recipes.flatMap(({ lines, targets }) => factsOf(lines.map((line) => line.replaceAll(/\$@|\$\(@\)/g, () => targets[0] ?? ''))))
  return { path, kind: 'make', commands, sources: linkedSources(recipes, files) }
}

function ofShell(path: string, text: string, files: readonly string[]): BuildScript {
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
  return { path, kind: 'shell', commands, sources: all }
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

/** Targets that the rules of a Makefile's recipes write: kernels and images, the likeliest first. */
export function makeOutputs(script: BuildScript): string[] {
  const outputs = script.commands.flatMap(({ output, flat, tool }) => (output === undefined || output.includes('$') ? [] : [{ output: posix.normalize(output), flat, tool }]))
  const kernels = outputs.filter(({ output }) => !/\.(o|obj|a|d)$/.test(output))
  return kernels.map(({ output }) => output)
}
