/** Reports of a machine's end, as data and as lines of text. */
import { LabError } from '../../../shared/failure'
import type { Registers } from '../../../shared/machine-schemas'
import type { RunReport } from '../host/options'
import type { CpuRegisters } from '../cpu/shutdown'
import { disassemble } from '../cpu/decode/disassemble'
import type { Machine, Outcome, ResetSource } from '../machine/machine'
import { vectorName } from '../../../shared/vectors'
import { describeFault, expandsDown, likelyCause } from './explain'
import { hex } from './registers'

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const
const SHOWN_SEGMENTS: readonly string[] = ['cs', 'ss', 'ds', 'es', 'fs', 'gs']
/** Registers a line in the text form. */
const PER_LINE = 4

const grouped = (count: number): string => count.toLocaleString('en-US')

/** The report of a machine that came to its end by itself. */
export function reportOutcome(machine: Machine, outcome: Outcome): RunReport {
  switch (outcome.reason) {
    case 'debug-exit':
      return debugExit(machine, outcome.value)
    case 'triple-fault':
      return tripleFault(machine)
    case 'halted-forever':
      return haltedForever(machine, outcome.interruptsEnabled)
    case 'reset':
      return reset(machine, outcome.by)
    case 'power-off':
      return powerOff(machine)
  }
}

/** The report of a run that was ended from outside. */
export function reportAsked(reason: 'stopped' | 'timeout' | 'until-text' | 'until-instructions', summary: string, instructions: number): RunReport {
  return { reason, summary, lines: [summary, `${grouped(instructions)} instructions were executed.`], instructions }
}

/** What was thrown out of a run: an image that failed it says so; all else is a defect. */
export function reportThrown(error: unknown, instructions: number): RunReport {
  if (!(error instanceof LabError)) return reportHostError(error, instructions)
  const { what, where, why, next } = error.failure
  const lines = [where === undefined ? what : `${where}: ${what}`, why, next].filter((line) => line !== undefined)
  return { reason: 'image-failed', summary: lines.join(' '), lines, instructions }
}

/** The emulator itself failed. */
export function reportHostError(error: unknown, instructions: number): RunReport {
  const message = error instanceof Error ? error.message : String(error)
  const summary = `The emulator failed: ${message} This is a defect of Bootlab, not of the kernel.`
  const detail = error instanceof Error && error.stack !== undefined ? error.stack : message
  return { reason: 'emulator-error', summary, lines: [summary, ...detail.split('\n')], instructions, detail }
}

function debugExit(machine: Machine, value: number): RunReport {
  const exitCode = value * 2 + 1
  const summary = `The guest ended the run by writing ${hex(value)} to port 0xf4: exit code ${exitCode}.`
  return { reason: 'debug-exit', summary, lines: [summary], instructions: machine.instructions, value, exitCode }
}

function tripleFault(machine: Machine): RunReport {
  const report = machine.cpu.shutdown
  if (!report) throw new Error('A triple fault left no report.')
  const { registers } = report
  const faults = report.chain.map((fault) => describeFault(fault, registers))
  const instruction = instructionOf(report.instruction, registers)
  const names = report.chain.map((fault) => vectorName(fault.vector)).join(' → ')
  const cause = likelyCause(report)
  const on = machine.processors.all.length > 1 ? ` on CPU ${machine.cpu.number}` : ''
  const summary = `Triple fault${on} at ${place(registers)} (${names}). ${cause}`
  const lines = [
    `Triple fault${on}: ${names}. The machine stops.`,
    `at ${place(registers)}${instruction ? `: ${instruction.bytes}${instruction.text === undefined ? '' : `  ${instruction.text}`}` : ' (the instruction cannot be read)'}`,
    '',
    ...faults.map(
      (fault, i) =>
        `${i + 1}. ${fault.name}${fault.errorCode === undefined ? '' : ` error code ${hex(fault.errorCode)}`}${fault.address === undefined ? '' : ` at ${fault.address}`}: ${fault.explanation}`,
    ),
    '',
    cause,
    '',
    ...registerLines(registers),
    `${grouped(machine.instructions)} instructions were executed.`,
  ]
  return { reason: 'triple-fault', summary, lines, instructions: machine.instructions, faults, registers: toContract(registers), ...(instruction ? { instruction } : {}) }
}

function haltedForever(machine: Machine, interruptsEnabled: boolean): RunReport {
  const registers = machine.cpu.registers()
  const summary = haltSummary(machine, interruptsEnabled, registers)
  const lines = [summary, '', ...registerLines(registers), `${grouped(machine.instructions)} instructions were executed.`]
  const { unhandled, gaveUp } = machine.firmware
  const by = unhandled || gaveUp !== undefined ? 'bios' : 'guest'
  return { reason: 'halted-forever', by, summary, lines, instructions: machine.instructions, registers: toContract(registers) }
}

function powerOff({ instructions }: Machine): RunReport {
  const summary = 'The guest switched the PC off.'
  return { reason: 'power-off', summary, lines: [summary, `${grouped(instructions)} instructions were executed.`], instructions }
}

/** What the guest did to reset the PC; a triple fault is a report of its own. */
const RESET_WAYS: Readonly<Record<ResetSource, string>> = {
  chipset: 'through the keyboard controller (command 0xfe to port 0x64), port 0x92 or port 0xcf9',
  bios: 'through the BIOS (Ctrl-Alt-Del)',
}

function reset(machine: Machine, by: ResetSource): RunReport {
  const registers = machine.cpu.registers()
  const summary = `The guest reset the PC ${RESET_WAYS[by]}, just before ${place(registers)}.`
  return { reason: 'reset', summary, lines: [summary, '', ...registerLines(registers), `${grouped(machine.instructions)} instructions were executed.`], instructions: machine.instructions }
}

function haltSummary({ firmware, processors, cpu }: Machine, interruptsEnabled: boolean, registers: CpuRegisters): string {
  const { unhandled, gaveUp } = firmware
  if (unhandled) {
    const at = `${unhandled.cs.toString(16).padStart(4, '0')}:${unhandled.ip.toString(16).padStart(4, '0')}`
    return `Unhandled exception ${unhandled.name} (${unhandled.meaning}) at ${at} in real mode: nothing had set interrupt vector ${unhandled.vector}, so the BIOS stopped the machine.`
  }
  if (gaveUp !== undefined) return `${gaveUp} The BIOS stopped the machine.`
  const several = processors.all.length > 1
  const where = several ? `All ${processors.all.length} processors are halted for good, CPU ${cpu.number} at ${place(registers)}` : `The processor is halted for good at ${place(registers)}`
  return interruptsEnabled
    ? `${where}: interrupts are on, but every source that could wake it is masked in the interrupt controller.`
    : `${where}: HLT with interrupts off (CLI) waits for something that cannot come.`
}

function shownSegments(segments: CpuRegisters['segments']): CpuRegisters['segments'] {
  return SHOWN_SEGMENTS.flatMap((wanted) => segments.filter(({ name }) => name === wanted))
}

function place({ cpuMode, segments, rip }: CpuRegisters): string {
  const cs = segments.find(({ name }) => name === 'cs')?.selector ?? 0
  const digits = cpuMode === 'long' ? 16 : cpuMode === 'protected' ? 8 : 4
  return `CS:RIP ${cs.toString(16).padStart(4, '0')}:${rip.toString(16).padStart(digits, '0')}`
}

function instructionOf(bytes: Uint8Array, { codeSize, rip }: CpuRegisters): { address: string; bytes: string; text?: string } | undefined {
  if (bytes.length === 0) return undefined
  const { text, length } = disassemble(bytes, codeSize, rip)
  const shown = text === '(bad)' ? bytes.subarray(0, 8) : bytes.subarray(0, length)
  return { address: hex(rip), bytes: [...shown].map((byte) => byte.toString(16).padStart(2, '0')).join(' '), text }
}

function toContract(registers: CpuRegisters): Registers {
  const { cpuMode, rip, rflags, general, cr0, cr2, cr3, cr4, efer, segments } = registers
  const values: Record<string, string> = { rip: hex(rip), rflags: hex(rflags) }
  GENERAL.forEach((name, index) => (values[name] = hex(general[index] ?? 0n)))
  Object.assign(values, { cr0: hex(cr0), cr2: hex(cr2), cr3: hex(cr3), cr4: hex(cr4), efer: hex(efer) })
  return {
    cpuMode,
    values,
    segments: shownSegments(segments).map(({ name, selector, base, limit }) => ({ name, selector: hex(selector), base: hex(base), limit: hex(limit) })),
  }
}

function registerLines(registers: CpuRegisters): string[] {
  const { cpuMode, general, rip, rflags, cr0, cr2, cr3, cr4, efer, segments, gdtr, idtr } = registers
  const long = cpuMode === 'long'
  const digits = long ? 16 : 8
  const show = (name: string, value: bigint): string => `${name.padEnd(4)}${value.toString(16).padStart(digits, '0')}`
  const names = long ? GENERAL : GENERAL.slice(0, 8)
  const values = names.map((name, index) => show((long ? name : `e${name.slice(1)}`).toUpperCase(), general[index] ?? 0n))
  values.push(show(long ? 'RIP' : 'EIP', rip), show('FLG', rflags))
  const lines: string[] = []
  for (let i = 0; i < values.length; i += PER_LINE) lines.push(values.slice(i, i + PER_LINE).join('  '))
  lines.push(`CR0 ${hex(cr0)}  CR2 ${hex(cr2)}  CR3 ${hex(cr3)}  CR4 ${hex(cr4)}  EFER ${hex(efer)}`)
  for (const segment of shownSegments(segments)) {
    const { name, selector, base, limit } = segment
    const down = cpuMode === 'protected' && expandsDown(segment) ? '  expands down' : ''
    lines.push(`${name.toUpperCase()}  ${selector.toString(16).padStart(4, '0')}  base ${hex(base)}  limit ${hex(limit)}${down}`)
  }
  lines.push(`GDT base ${hex(gdtr.base)}  limit ${hex(gdtr.limit)}`, `IDT base ${hex(idtr.base)}  limit ${hex(idtr.limit)}`)
  return lines
}
