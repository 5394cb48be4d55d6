import { join } from 'node:path'
import { writeFileAtomically } from '../../files/atomic'
import { cacheFolder, contentKey } from '../cache'
import type { Zig } from '../zig'
import { findOnPath, type RustTools } from './locate'

/** Parts of zig that stand in for a linker. */
type Part = 'ld.lld' | 'cc'

/**
 * cargo wants its linker to be one program, and ours is a part of zig ("zig ld.lld …"): a script of two lines joins them.
 * rustc puts "-flavor gnu" before the arguments of a linker that it takes for lld; ld.lld under its own name needs no such hint.
 * @param variables environment variables of the script's own
 */
export function wrapperScript(binary: string, part: Part, variables: Readonly<Record<string, string>> = {}, platform: string = process.platform): { name: string; text: string } {
  if (platform === 'win32') {
    const escape = (text: string): string => text.replaceAll('%', '%%')
    const settings = Object.entries(variables).map(([name, value]) => `set "${name}=${escape(value)}"`)
    const flavor = part === 'ld.lld' ? ['if "%~1"=="-flavor" set "arguments=%arguments:-flavor gnu =%"'] : []
    return { name: `${part}.cmd`, text: ['@echo off', 'setlocal', ...settings, 'set "arguments=%*"', ...flavor, `"${escape(binary)}" ${part} %arguments%`, ''].join('\r\n') }
  }
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
  const settings = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`)
  const flavor = part === 'ld.lld' ? 'if [ "$1" = -flavor ]; then shift 2; fi\n' : ''
  return { name: part, text: `#!/bin/sh\n${settings.join('')}${flavor}exec ${quote(binary)} ${part} "$@"\n` }
}

/** Write the wrapper into the cache. Returns its absolute path. */
export async function linkerWrapper(zig: Zig): Promise<string> {
  return write(wrapperScript(zig.binary, 'ld.lld'))
}

/**
 * The variable that has cargo link build scripts, programs for the computer itself, with zig's C compiler where the system has none.
 * On Windows that serves Rust's gnu toolchains only: the others link against Microsoft's libraries.
 */
export async function hostLinker(zig: Zig, { host }: Pick<RustTools, 'host'>): Promise<Record<string, string>> {
  const variable = `CARGO_TARGET_${host.toUpperCase().replaceAll('-', '_')}_LINKER`
  const windows = host.includes('windows')
  if (process.env[variable] !== undefined || host.endsWith('-msvc') || (await findOnPath(windows ? 'gcc' : 'cc')) !== undefined) return {}
  const variables = { ZIG_GLOBAL_CACHE_DIR: await cacheFolder('zig', 'global'), ZIG_LOCAL_CACHE_DIR: await cacheFolder('zig', 'local') }
  return { [variable]: await write(wrapperScript(zig.binary, 'cc', variables)) }
}

async function write({ name, text }: { name: string; text: string }): Promise<string> {
  const path = join(await cacheFolder('linker', contentKey([text]).slice(0, 16)), name)
  await writeFileAtomically(path, text, 0o755)
  return path
}
