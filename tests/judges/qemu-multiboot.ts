/**
 * QEMU's tests/multiboot here: each case of its `.out` files, booted directly, beside what QEMU prints.
 *
 *     node scripts/run.mjs tests/judges/qemu-multiboot.ts COPY
 *
 * Where the loader puts the memory map and modules is its own choice: those addresses are left out, as are messages of a kernel that is refused. Everything else must be equal.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import { parseInitrd, readModules } from '../../src/main/services/boot-modules'
import { Builder } from '../../src/main/services/builder'
import { LabError } from '../../src/shared/failure'

const MIB = 1 << 20
const DEFAULT_BYTES = 128 * MIB
const SECONDS = 5
const GROUPS = ['mmap', 'modules', 'aout_kludge'] as const
const HEADING = /\n\n=== Running test case: (.*?) ===\n\n/
const REFUSAL = /^qemu-system-\S+: .*$/m
const UNITS: Readonly<Record<string, number>> = { M: MIB, G: 1024 * MIB }

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error("Name the folder of a built copy of QEMU's tests/multiboot.")

interface Ran {
  readonly printed: string
  readonly outcome: Outcome | undefined
}

/** @param words of QEMU's command line, behind the kernel's name @throws LabError when the kernel is refused, RangeError when there is no such PC */
async function runHere(kernel: string, words: string): Promise<Ran> {
  const initrd = /^-initrd (.*)$/.exec(words)?.[1]
  const size = /^-m ([\d.]+)([MG])$/.exec(words)
  const memoryBytes = size ? Math.floor((Number(size[1]) * (UNITS[size[2] ?? ''] ?? 0)) / 0x2000) * 0x2000 : DEFAULT_BYTES
  const read = async (path: string): Promise<Uint8Array> => new Uint8Array(readFileSync(join(folder ?? '', path.split('/').at(-1) ?? '')))
  const modules = await readModules(initrd === undefined ? [] : parseInitrd(initrd), read)
  const image = await new Builder().imageOf(await read(kernel), kernel, undefined, undefined, { modules })
  let printed = ''
  const machine = new Machine({ image, memoryBytes, backend: 'interp', startDate: 0, onReset: 'end', onSerial: () => undefined, onDebugConsole: (byte) => (printed += String.fromCharCode(byte)) })
  return { printed, outcome: machine.run(SECONDS * TICKS_PER_SECOND) }
}

/** Without where things lie. */
function comparable(group: (typeof GROUPS)[number], text: string): string {
  if (group === 'modules') return text.replaceAll(/\b[0-9a-f]{5,}\b/g, (address) => `…${address.slice(-3)}`).replaceAll(/ at …\w+/g, '')
  if (group === 'mmap') return text.replaceAll(/^(mmap start|mmap end|real mmap end): .*\n/gm, '')
  return text
}

let different = 0
for (const group of GROUPS) {
  const [, ...parts] = readFileSync(join(folder, `${group}.out`), 'latin1').split(HEADING)
  for (let at = 0; at < parts.length; at += 2) {
    const [name = '', expected = ''] = [parts[at], parts[at + 1]]
    const [kernel = '', ...words] = name.split(' ')
    const refused = REFUSAL.exec(expected)?.[0]
    let verdict: string
    try {
      const { printed, outcome } = await runHere(kernel, words.join(' '))
      const ended = outcome?.reason === 'debug-exit' && outcome.value === 0
      const [own, theirs] = [comparable(group, printed), comparable(group, expected)]
      if (refused !== undefined) verdict = `DIFFERS: it runs here; ${refused}`
      else if (!ended) verdict = `DIFFERS: ended with ${JSON.stringify(outcome)}`
      else verdict = own === theirs ? 'equal' : `DIFFERS:\n--- QEMU\n${theirs}+++ here\n${own}`
    } catch (error) {
      if (!(error instanceof LabError || error instanceof RangeError)) throw error
      verdict = `${refused === undefined ? 'DIFFERS: refused here' : 'refused by both'}: ${error.message}`
    }
    if (verdict.startsWith('DIFFERS')) different++
    console.log(`${name.trim()}: ${verdict}`)
  }
}
console.log(`${different} differ`)
process.exitCode = different > 0 ? 1 : 0
