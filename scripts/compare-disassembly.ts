/**
 * Compares the disassembler with iced-x86, length and text, and prints what differs.
 *   node scripts/run.mjs scripts/compare-disassembly.ts [SAMPLES] [--mode 16|32|64] [--seed N]
 *   node scripts/run.mjs scripts/compare-disassembly.ts --code FILE --mode 64      each instruction of a file of machine code
 */
import { readFileSync } from 'node:fs'
import { Argument, Command, Option } from 'commander'
import type { CodeMode } from '../src/main/emulator/cpu/decode/decoded'
import { IcedJudge } from '../src/main/emulator/cpu/decode/iced-judge'
import { MAX_INSTRUCTION_LENGTH } from '../src/main/emulator/cpu/decode/decode'
import { random, sample } from '../src/main/emulator/cpu/decode/sample-bytes'

const MODES: readonly CodeMode[] = [16, 32, 64]

interface Options {
  readonly mode?: string
  readonly seed: number
  readonly code?: string
  readonly show: number
}

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number.`)
  return value
}

const program = new Command('compare-disassembly')
  .description('Decoder and disassembler against iced-x86.')
  .addArgument(new Argument('[samples]', 'byte strings per mode; half of them begin with the opcode of a row').argParser(whole).default(100_000))
  .addOption(new Option('--mode <bits>', 'only this mode').choices(['16', '32', '64']))
  .option('--seed <number>', 'of the random byte strings', whole, 1)
  .option('--code <file>', 'compare along the instructions of a file of plain machine code instead')
  .option('--show <number>', 'differences to print per mode', whole, 20)

/** Any bytes, or the opcode of some row with any bytes after it. */
function* byteStrings(mode: CodeMode, seed: number, count: number): Generator<Uint8Array> {
  const next = random(seed * MODES.length + MODES.indexOf(mode))
  for (let index = 0; index < count; index++) {
    yield index % 2 === 0 ? sample(next, mode) : Uint8Array.from({ length: MAX_INSTRUCTION_LENGTH }, () => next() >>> 24)
  }
}

/** Instruction after instruction, as iced-x86 measures them. */
function* instructions(code: Uint8Array, judge: IcedJudge): Generator<Uint8Array> {
  for (let at = 0; at < code.length; ) {
    const bytes = code.subarray(at, at + MAX_INSTRUCTION_LENGTH)
    yield bytes
    at += judge.lengthOf(bytes)
  }
}

/** @returns differences found */
function compare(mode: CodeMode, { seed, code, show }: Options, count: number): number {
  const judge = new IcedJudge(mode)
  const strings = code === undefined ? byteStrings(mode, seed, count) : instructions(readFileSync(code), judge)
  let compared = 0
  let different = 0
  for (const bytes of strings) {
    compared++
    const difference = judge.compare(bytes)
    if (difference === undefined) continue
    different++
    if (different <= show) console.log(difference)
  }
  judge.free()
  console.log(`${mode}-bit: ${compared} compared, ${different} differ`)
  return different
}

function main(): number {
  program.parse()
  const options = program.opts<Options>()
  const [count = 0] = program.processedArgs.map(Number)
  const modes = MODES.filter((mode) => options.mode === undefined || options.mode === String(mode))
  return modes.reduce((sum, mode) => sum + compare(mode, options, count), 0) === 0 ? 0 : 1
}

process.exitCode = main()
