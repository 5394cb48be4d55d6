/** A test of kvm-unit-tests in our PC: `node scripts/run.mjs tests/judges/kvm-unit-tests/one.ts FILE.flat [CPUs [arguments]]`. `BACKEND` names a backend of `backends.ts`. */
import { basename } from 'node:path'
import { TICKS_PER_SECOND } from '../../../src/main/emulator/machine/clock'
import { judgedBackend } from '../backends'
import { runHere } from './run'

const [file, count = '1', ...rest] = process.argv.slice(2)
if (file === undefined) throw new Error('Name the test: a file such as x86/smptest.flat.')
const processors = Number(count)
const test = { file, processors, arguments: rest, seconds: Number(process.env['WALL_SECONDS'] ?? 120) }
const { machine, outcome, seconds } = await runHere(test, judgedBackend(process.env['BACKEND'] ?? 'interp'), (byte) => process.stdout.write(Uint8Array.of(byte)))
console.log(`${basename(file)} with ${processors}: ${JSON.stringify(outcome)}; ${machine.instructions} instructions, ${(machine.now / TICKS_PER_SECOND).toFixed(2)} s of the guest's time, ${seconds.toFixed(1)} s`)
if (!outcome) {
  for (const cpu of machine.processors.all) {
    machine.processors.select(cpu)
    console.log(`CPU ${cpu.number}: ${cpu.codeAddress.toString(16)}, ${cpu.halted ? 'halted' : 'running'}, interrupts ${cpu.interruptsEnabled ? 'on' : 'off'}, ${cpu.now()} instructions`)
  }
}
