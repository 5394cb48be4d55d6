/**
 * Captures vectors of SSE and AVX instructions on the processor of this computer (Linux on x86-64, user mode).
 *   node scripts/run.mjs scripts/conformance-capture.ts DIR [--modes 64,32,16] [--encodings vex,legacy] [--tests N] [--filter REGEX] [--seed N]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Command, Option } from 'commander'
import { captureFile } from '../tests/conformance/capture/capture'
import { findForms, hexByte, MAP_BYTES, type Form } from '../tests/conformance/capture/forms'
import { Processor } from '../tests/conformance/capture/processor'

/** Tests of each undefined opcode. */
const UNDEFINED_TESTS = 4

interface Options {
  readonly modes: string
  readonly encodings: string
  readonly tests: string
  readonly filter: string
  readonly seed: string
}

const program = new Command('capture')
  .argument('<dir>', 'where the vectors go: DIR/64/V0F58.jsonl.gz …')
  .option('--modes <list>', 'code modes', '64,32,16')
  .option('--encodings <list>', 'vex, legacy', 'vex')
  .option('--tests <number>', 'tests per form', '24')
  .option('--filter <regex>', 'only files whose name matches', '')
  .addOption(new Option('--seed <number>').default('1'))

function cpuName(): string {
  const text = readFileSync('/proc/cpuinfo', 'utf8')
  const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '?'
  return `${field('model name')}, family ${field('cpu family')} model ${field('model')} stepping ${field('stepping')}`
}

/** Forms by file: the opcode. */
function byOpcode(forms: readonly Form[], vex: boolean): Map<string, Form[]> {
  const files = new Map<string, Form[]>()
  for (const form of forms) {
    const [first] = form.encodings
    if (first === undefined) continue
    const name = `${vex ? 'V' : ''}${MAP_BYTES[first.map].map(hexByte).join('')}${hexByte(first.opcode)}`
    files.set(name, [...(files.get(name) ?? []), form])
  }
  return files
}

async function main(): Promise<number> {
  program.parse()
  const [folder] = program.args
  const options = program.opts<Options>()
  const perForm = Number(options.tests)
  const seed = Number(options.seed)
  if (folder === undefined || !Number.isInteger(perForm) || !Number.isInteger(seed)) return 64
  const pattern = new RegExp(options.filter)
  const cpu = cpuName()
  const processor = await Processor.create()
  try {
    for (const mode of [64, 32, 16] as const) {
      if (!options.modes.split(',').includes(String(mode))) continue
      mkdirSync(join(folder, String(mode)), { recursive: true })
      for (const vex of [true, false]) {
        if (!options.encodings.split(',').includes(vex ? 'vex' : 'legacy')) continue
        const { forms, undefined: none } = findForms(mode, vex)
        const files = [...byOpcode(forms, vex), ...(vex ? [['x-vex', none] as const] : [])].filter(([name]) => pattern.test(name))
        let count = 0
        for (const [name, own] of files) {
          const { lines, disagreements } = captureFile(processor, { mode, file: name, forms: own, perForm: name === 'x-vex' ? UNDEFINED_TESTS : perForm, seed, cpu })
          for (const disagreement of disagreements) console.error(`left out, as two executions differ: ${disagreement}`)
          count += lines.length - 1
          writeFileSync(join(folder, String(mode), `${name}.jsonl.gz`), gzipSync(`${lines.join('\n')}\n`, { level: 9 }))
        }
        console.log(`${mode}-bit mode, ${vex ? 'VEX' : 'legacy'}: ${forms.length} forms, ${files.length} files, ${count} tests`)
      }
    }
  } finally {
    processor.close()
  }
  return 0
}

process.exitCode = await main()
