/** What a machine's thread answers: one function for each question of `machineQuestions`. */
import * as z from 'zod'
import { machineQuestions, type QuestionArgs, type QuestionName, type QuestionResults, type Speed } from '../../../shared/debug'
import { LabError } from '../../../shared/failure'
import { descriptorTable } from '../debug/look/descriptors'
import { disassembly } from '../debug/look/disassembly'
import { MemoryReader } from '../debug/look/memory'
import { registersOf } from '../debug/look/registers'
import { setRegister } from '../debug/look/set-register'
import { StackReader } from '../debug/look/stack'
import { taskState } from '../debug/look/task-state'
import type { Machine } from '../machine/machine'

/** Who is asked. */
export interface Asked {
  readonly machine: Machine
  /** All that the machine holds, and what is being typed into it. */
  save(): Uint8Array
  resume(): void
  setSpeed(speed: Speed): void
}

type Answers = { [Name in QuestionName]: (asked: Asked, args: QuestionArgs[Name]) => QuestionResults[Name] }

const reader = ({ machine }: Asked): MemoryReader => new MemoryReader(machine.cpu, machine.memoryMap)

const ANSWERS: Answers = {
  pause: ({ machine }) => done(machine.control.pause({ type: 'user' })),
  resume: (asked, { pauseAt }) => {
    if (pauseAt !== undefined) asked.machine.timeline.pauseOnceAt(pauseAt)
    return done(asked.resume())
  },
  step: (asked, { step, within = [] }) => {
    asked.machine.control.step(step, within.map(({ first, last }) => ({ first: BigInt(first), last: BigInt(last) })))
    return done(asked.resume())
  },
  runTo: (asked, { addresses }) => {
    asked.machine.control.runTo(addresses.map(BigInt))
    return done(asked.resume())
  },
  setSpeed: (asked, { speed }) => done(asked.setSpeed(speed)),

  breakpoints: ({ machine }) => machine.control.breakpoints.list(),
  setBreakpoint: ({ machine }, args) => machine.control.breakpoints.set(args),
  changeBreakpoint: ({ machine }, args) => machine.control.breakpoints.change(args),
  removeBreakpoint: ({ machine }, { id }) => done(machine.control.breakpoints.remove(id)),

  registers: ({ machine }) => registersOf(machine),
  lookAt: ({ machine }, { cpu }) => done(machine.control.lookAt(cpu)),
  setRegister: (asked, { name, value }) => {
    requirePaused(asked)
    return done(setRegister(asked.machine.cpu, name, BigInt(value)))
  },
  memory: (asked, { space, address, bytes }) => reader(asked).view(space, BigInt(address), bytes),
  survey: (asked, { space, address, bytes }) => reader(asked).survey(space, BigInt(address), bytes),
  setMemory: (asked, { space, address, data }) => {
    requirePaused(asked)
    return done(reader(asked).write(space, BigInt(address), new Uint8Array(Buffer.from(data, 'base64'))))
  },
  disassemble: (asked, args) => disassembly(asked.machine.cpu, reader(asked), args),
  stack: (asked, { words }) => new StackReader(asked.machine.cpu, reader(asked)).view(words),
  descriptors: (asked, { table }) => descriptorTable(asked.machine.cpu, reader(asked), table),
  taskState: (asked) => taskState(asked.machine.cpu, reader(asked)),
  pageWalk: (asked, { address }) => reader(asked).tables.walk(BigInt(address)),
  mappings: (asked, { from, most }) => reader(asked).tables.mappings(from === undefined ? 0n : BigInt(from), most),
  devices: ({ machine }) => machine.describeDevices(),
  saveState: (asked) => asked.save(),
}

/**
 * @param args checked here: they come from another thread
 * @throws LabError
 */
export function answer<Name extends QuestionName>(asked: Asked, name: Name, args: unknown): QuestionResults[Name] {
  const schema: z.ZodType<QuestionArgs[Name]> = QUESTIONS[name].args
  const parsed = schema.safeParse(args)
  if (!parsed.success) throw new LabError({ code: 'bad-request', what: `The arguments of ${name} are malformed: ${z.prettifyError(parsed.error)}` })
  return ANSWERS[name](asked, parsed.data)
}

/** The table again, typed by name, for code that is generic over the name. */
const QUESTIONS: { [Name in QuestionName]: { args: z.ZodType<QuestionArgs[Name]> } } = machineQuestions

function done(_nothing: void): null {
  return null
}

/** What is changed while the guest runs would depend on the host's time. */
function requirePaused({ machine }: Asked): void {
  if (machine.control.paused) return
  throw new LabError({ code: 'running', what: 'The machine is not paused.', why: 'What it holds can only be changed while it stands.', next: 'Pause it first.' })
}
