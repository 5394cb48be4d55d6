/** A stand-in for an unpacked Electron on Linux: the files that packaging touches. Its program is a row of fuses, all of them on. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What comes before the fuses in Electron's programs (@electron/fuses). */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const FUSES = 8

export async function electronStandIn(folder: string): Promise<void> {
  const program = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, FUSES]), Buffer.from('1'.repeat(FUSES))])
  const files: Record<string, Buffer> = { electron: program, ...Object.fromEntries(['chrome-sandbox', 'LICENSE', 'LICENSES.chromium.html', 'locales/de.pak', 'locales/en-US.pak', 'locales/zh-CN.pak'].map((name) => [name, Buffer.alloc(0)])) }
  for (const name of ['locales', 'resources']) await mkdir(join(folder, name), { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o755 })
}

/** The fuses of a program, `1` for on, in Electron's order. */
export function fusesOf(program: Buffer): string {
  const at = program.indexOf(SENTINEL) + SENTINEL.length
  return program.toString('latin1', at + 2, at + 2 + program.readUInt8(at + 1))
}
