import { z } from 'zod'
import { parseCompilerVersion, type CompilerFacts } from '../project/doctor'
import { ToolError } from './errors'
import { runProcess } from './process'
import { findOnPath, locateRust } from './rust/locate'

const schemaOfRustc = z.object({ properties: z.record(z.string(), z.unknown()) })

/**
 * The rustc that builds a project, and what it says about target specifications: its own schema since 1.91.
 * @param cwd the project's folder: rustup chooses the toolchain by it
 * @returns undefined when there is none that runs
 */
export async function compilerFacts(cwd: string, signal?: AbortSignal): Promise<CompilerFacts | undefined> {
  const rustc = await rustcOf(cwd, signal)
  if (rustc === undefined) return undefined
  const ask = async (args: readonly string[]): Promise<string | undefined> => {
    const result = await runProcess({ command: rustc, args, cwd, env: { ...process.env, RUSTC_BOOTSTRAP: '1' }, signal })
    return result.code === 0 ? result.stdout : undefined
  }
  const [version, schema] = await Promise.all([ask(['-vV']), ask(['-Zunstable-options', '--print', 'target-spec-json-schema'])])
  const facts = version === undefined ? undefined : parseCompilerVersion(version)
  if (facts === undefined || schema === undefined) return facts
  const keys = schemaOfRustc.safeParse(parseJson(schema)).data?.properties
  return keys === undefined ? facts : { ...facts, keys: new Set(Object.keys(keys)) }
}

/** The rustc of builds; without the sources of core there are none, but its words on specifications count all the same. */
async function rustcOf(cwd: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    return (await locateRust(cwd, signal)).rustc
  } catch (error) {
    if (error instanceof ToolError) return findOnPath('rustc')
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
