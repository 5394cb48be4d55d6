import { join } from 'node:path'
import { cacheFolder, contentKey, writeFileAtomically } from '../cache'
import type { Zig } from '../zig'

/**
 * cargo wants its linker to be one program, and ours is a part of zig ("zig ld.lld …"): a script of two lines joins them.
 * rustc puts "-flavor gnu" before the arguments of a linker that it takes for lld; ld.lld under its own name needs no such hint.
 */
export function wrapperScript(binary: string, platform: string = process.platform): { name: string; text: string } {
  if (platform === 'win32') {
    return {
      name: 'ld.lld.cmd',
      text: ['@echo off', 'setlocal', 'set "arguments=%*"', 'if "%~1"=="-flavor" set "arguments=%arguments:-flavor gnu =%"', `"${binary.replaceAll('%', '%%')}" ld.lld %arguments%`, ''].join('\r\n'),
    }
  }
  const quoted = `'${binary.replaceAll("'", `'\\''`)}'`
  return { name: 'ld.lld', text: `#!/bin/sh\nif [ "$1" = -flavor ]; then shift 2; fi\nexec ${quoted} ld.lld "$@"\n` }
}

/** Write the wrapper into the cache. Returns its absolute path. */
export async function linkerWrapper(zig: Zig): Promise<string> {
  const { name, text } = wrapperScript(zig.binary)
  const path = join(await cacheFolder('linker', contentKey([text]).slice(0, 16)), name)
  await writeFileAtomically(path, text, 0o755)
  return path
}
