/**
 * A test of kvm-unit-tests in our PC: `node scripts/run.mjs tests/judges/kvm-unit-tests.ts FILE.flat [CPUs [arguments]]`. `BACKEND` names a backend
 * of `backends.ts`. The test is told the number of processors and the memory in its initial RAM disk, as it has no other way on a PC without QEMU's firmware configuration.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine, type Outcome } from '../../src/main/emulator/machine/machine'
import { Builder } from '../../src/main/services/builder'
import { judgedBackend } from './backends'

const MEMORY_MIB = 128
const VIRTUAL_SECONDS = 300
const WALL_SECONDS = Number(process.env['WALL_SECONDS'] ?? 120)

const [file, count = '1', ...rest] = process.argv.slice(2)
if (file === undefined) throw new Error('Name the test: a file such as x86/smptest.flat.')
const processors = Number(count)
const name = basename(file)
const environment = `NR_CPUS=${processors}\nMEMSIZE=${MEMORY_MIB}\nTEST_DEVICE=0\nBOOTLOADER=1\n`
const image = await new Builder().imageOf(new Uint8Array(readFileSync(file)), file, [name, ...rest].join(' '), undefined, { modules: [{ bytes: new TextEncoder().encode(environment), commandLine: '' }] })
const machine = new Machine({
  image, memoryBytes: MEMORY_MIB << 20, backend: judgedBackend(process.env['BACKEND'] ?? 'interp'), processors, startDate: 0, onReset: 'end',
  onSerial: (byte) => process.stdout.write(Uint8Array.of(byte)),
  onDebugConsole: () => undefined,
})
const start = performance.now()
let outcome: Outcome | undefined
const enough = (): boolean => performance.now() - start > WALL_SECONDS * 1000
while (!outcome && !enough() && machine.now < VIRTUAL_SECONDS * TICKS_PER_SECOND) outcome = machine.run(TICKS_PER_SECOND / 100, enough)
console.log(`${name} with ${processors}: ${JSON.stringify(outcome)}; ${machine.instructions} instructions, ${(machine.now / TICKS_PER_SECOND).toFixed(2)} s of the guest's time, ${((performance.now() - start) / 1000).toFixed(1)} s`)
if (!outcome) {
  for (const cpu of machine.processors.all) {
    machine.processors.select(cpu)
    console.log(`CPU ${cpu.number}: ${cpu.codeAddress.toString(16)}, ${cpu.halted ? 'halted' : 'running'}, interrupts ${cpu.interruptsEnabled ? 'on' : 'off'}, ${cpu.now()} instructions`)
  }
}
