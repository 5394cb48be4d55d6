import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemErrorCode } from '../errors'

/** `.incbin "file"` and `.include "file"` (GNU as manual, "Incbin" and "Include"), in assembly or in C's asm statements. */
const DIRECTIVE = /\.inc(?:bin|lude)\b\s*(\\?"(?:[^"\\]|\\[^"])*\\?"|\S*)/g

/**
 * Files that the assembler itself reads, which clang leaves out of its dependency file.
 * @param inputs the files that are known, relative to `folder` or absolute
 * @returns undefined when a name cannot be made out (a macro makes it), so that nobody can tell what was read
 */
export async function assemblerInputs(folder: string, inputs: readonly string[], includeDirs: readonly string[]): Promise<string[] | undefined> {
  const found = new Set<string>()
  const open = [...inputs]
  for (let input = open.pop(); input !== undefined; input = open.pop()) {
    const text = await readText(resolve(folder, input))
    if (text === undefined) return undefined
    for (const [directive, argument = ''] of text.matchAll(DIRECTIVE)) {
      const name = /^\\?"([^"\\]+)\\?"$/.exec(argument)?.[1]
      if (name === undefined) return undefined
      const path = await firstThere(folder, name, includeDirs)
      if (path === undefined) return undefined
      if (!found.has(path) && directive.startsWith('.include')) open.push(path)
      found.add(path)
    }
  }
  return [...found]
}

/** The assembler looks in the folder it runs in, then in those of -I. */
async function firstThere(folder: string, name: string, includeDirs: readonly string[]): Promise<string | undefined> {
  for (const path of [name, ...includeDirs.map((dir) => join(dir, name))]) {
    if ((await readText(resolve(folder, path))) !== undefined) return path
  }
  return undefined
}

/** Byte for byte: only ASCII matters here, and a binary file may be anything. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if (systemErrorCode(error) !== undefined) return undefined
    throw error
  }
}
