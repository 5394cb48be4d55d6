/** One of kvm-unit-tests in our PC, and in QEMU's software emulation. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { BackendName } from '../../../src/main/emulator/cpu/cpu'
import type { BackendFactory } from '../../../src/main/emulator/cpu/semantics/backend'
import { TICKS_PER_SECOND } from '../../../src/main/emulator/machine/clock'
import { Machine, type Outcome } from '../../../src/main/emulator/machine/machine'
import { Builder } from '../../../src/main/services/builder'
import { attachTestDevice } from './test-device'

const MEMORY_MIB = 128
const VIRTUAL_SECONDS = 300
/** Tests that expect KVM's own ways where they are told that there is a test device: hypercalls; SYSCALL outside 64-bit mode on a processor of Intel's. */
const WITHOUT_TEST_DEVICE: ReadonlySet<string> = new Set(['apic.flat', 'syscall.flat'])

export interface TestRun {
  /** A Multiboot kernel: `x86/….flat`. */
  readonly file: string
  readonly processors: number
  /** Words of its command line. */
  readonly arguments: readonly string[]
  /** Of the host's time. */
  readonly seconds: number
}

export interface OwnRun {
  readonly machine: Machine
  readonly outcome: Outcome | undefined
  /** Of the host's time. */
  readonly seconds: number
}

/** The test is told the number of processors and the memory in its initial RAM disk, as it has no other way on a PC without QEMU's firmware configuration. */
export async function runHere({ file, processors, arguments: words, seconds }: TestRun, backend: BackendName | BackendFactory, onSerial: (byte: number) => void): Promise<OwnRun> {
  const testDevice = WITHOUT_TEST_DEVICE.has(basename(file)) ? 0 : 1
  const environment = `NR_CPUS=${processors}\nMEMSIZE=${MEMORY_MIB}\nTEST_DEVICE=${testDevice}\n`
  const modules = [{ bytes: new TextEncoder().encode(environment), commandLine: '' }]
  const image = await new Builder().imageOf(new Uint8Array(readFileSync(file)), file, [basename(file), ...words].join(' '), undefined, { modules })
  const machine = new Machine({ image, memoryBytes: MEMORY_MIB << 20, backend, processors, startDate: 0, onReset: 'end', onSerial, onDebugConsole: () => undefined })
  attachTestDevice(machine)
  const start = performance.now()
  const elapsed = (): number => (performance.now() - start) / 1000
  let outcome: Outcome | undefined
  while (!outcome && elapsed() < seconds && machine.now < VIRTUAL_SECONDS * TICKS_PER_SECOND) outcome = machine.run(TICKS_PER_SECOND / 100, () => elapsed() > seconds)
  return { machine, outcome, seconds: elapsed() }
}

export interface QemuRun {
  readonly output: string
  /** Of the process: isa-debug-exit's is `(value << 1) | 1`; undefined: it was ended, as its time had run out. */
  readonly exitCode: number | undefined
  readonly seconds: number
}

export function runInQemu(qemu: string, { file, processors, arguments: words, seconds }: TestRun): Promise<QemuRun> {
  const machine = ['-nodefaults', '-display', 'none', '-accel', 'tcg', '-cpu', 'max', '-m', String(MEMORY_MIB), '-smp', String(processors), '-serial', 'stdio']
  const devices = ['-device', 'pc-testdev', '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x4']
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(qemu, [...machine, ...devices, '-kernel', file, '-append', words.join(' ')], { stdio: ['ignore', 'pipe', 'ignore'], timeout: seconds * 1000, killSignal: 'SIGKILL' })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')))
    child.on('error', reject)
    child.on('close', (code) => resolve({ output, exitCode: code ?? undefined, seconds: (performance.now() - start) / 1000 }))
  })
}
