/**
 * Runs test386.asm (assembled with OUT_PORT 0xE9) and compares what it prints with its reference.
 *   node scripts/run.mjs tests/judges/test386.ts test386.bin test386-EE-reference.txt [interp|oracle|block|block-eager|block-small]
 */
import { readFileSync } from 'node:fs'
import { disassemble } from '../../src/main/emulator/cpu/decode/disassemble'
import { judgedBackend } from './backends'
import { bareComputer } from './bare-pc'

const POST_PORT = 0x190
const OUTPUT_PORT = 0xe9
const LAST_POST = 0xff
const SLICE = 100_000
const MOST_INSTRUCTIONS = 400_000_000

const [romPath = '', referencePath = '', backendName = 'interp'] = process.argv.slice(2)
let post = -1
const output: number[] = []
const cpu = bareComputer(readFileSync(romPath), judgedBackend(backendName), (port, _size, value) => {
  if (port === POST_PORT) {
    post = value
    if (process.env['TRACE'] !== undefined) console.log(`POST ${value.toString(16)} at ${cpu.now()}`)
  }
  if (port === OUTPUT_PORT) output.push(value)
})
// TRACE_FROM=N shows where every instruction from the N-th on is.
const traceFrom = Number(process.env['TRACE_FROM'] ?? Infinity)
while (cpu.shutdown === undefined && !cpu.halted && post !== LAST_POST && cpu.now() < MOST_INSTRUCTIONS) {
  cpu.run(Math.max(1, Math.min(SLICE, traceFrom - cpu.now())))
  if (cpu.now() >= traceFrom) {
    const { codeSize, rip, segments, general } = cpu.registers()
    const [, , , , rsp = 0n] = general
    console.log(`${cpu.now()} ${segments[1]?.selector.toString(16)}:${rip.toString(16)} ${disassemble(cpu.bytesAtRip(), codeSize, rip).text}  ; sp ${rsp.toString(16)} ax ${general[0]?.toString(16)}`)
  }
}

const printed = Buffer.from(output).toString('latin1').split('\n')
const reference = readFileSync(referencePath, 'latin1').split('\n')
const differing = reference.flatMap((line, index) => (line === printed[index] ? [] : [index]))
for (const index of differing.slice(0, 10)) console.log(`line ${index + 1}: expected ${reference[index]}\n${' '.repeat(14)}printed ${printed[index] ?? 'nothing'}`)
if (cpu.shutdown !== undefined) console.log('triple fault', cpu.shutdown.chain)
console.log(`POST code ${post.toString(16)} after ${cpu.now()} instructions; ${printed.length} lines printed, ${reference.length} expected, ${differing.length} differ`)
if (post !== LAST_POST) console.log(cpu.registers())
process.exitCode = post === LAST_POST && differing.length === 0 ? 0 : 1
