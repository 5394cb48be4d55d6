/** What starts a machine, what it tells, and why it ends. */
import * as z from 'zod'
import { CPU_MODEL_NAMES } from '../../../shared/cpu-models'
import { logEntrySchema, logFilterSchema, type LogEntry, type LogFilter, machineQuestions, type QuestionArgs, type QuestionName, type QuestionResults } from '../../../shared/debug'
import { failureSchema, LabError } from '../../../shared/failure'
import { BOOT_MEDIA, MOST_CPUS, MOST_EXTRA_DRIVES, keyEventSchema, machineReportSchema, machineStateSchema, mouseMoveSchema, OUTPUT_PORTS, screenSchema, SERIAL_PORTS, toneSchema, DRIVE_BUSES, OPTIONAL_DEVICES, BACKENDS, translationSchema } from '../../../shared/machine-schemas'
import type { KeyEvent, MachineState, MouseMove, OutputPort, Screen, SerialPort, Tone } from '../../../shared/machine-schemas'
import { BOOT_PAUSES } from '../../../shared/run-state'
import type { RegionDump } from '../cpu/jit/region-text'
import { imageFileSchema } from './image-file'
import { MAX_MEMORY_BYTES, MIN_MEMORY_BYTES } from '../machine/memory-map'

/** The real-time clock's date when none is given: runs can be repeated. */
export const DEFAULT_START_DATE = Date.UTC(2026, 0, 1, 12, 0, 0)

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes are expected')

/** A disk image in memory, or in a file that is read while the machine runs. */
const imageSchema = z.union([bytesSchema, imageFileSchema])

/** Number of the log that `StartOptions.log` asks for. */
export const FIRST_LOG = 0

export const startOptionsSchema = z.object({
  /** Disk image; the guest's writes never reach it, unless it is a file that is to be written. */
  image: imageSchema.refine((image) => !(image instanceof Uint8Array) || image.length > 0, 'the disk image is empty'),
  /** What the image is put in as; default: what it looks like. */
  medium: z.enum(BOOT_MEDIA).optional(),
  /** What the drive of the image is connected to; default: IDE. */
  bus: z.enum(DRIVE_BUSES).optional(),
  /** What is in further drives. */
  drives: z.array(z.object({ image: imageSchema, medium: z.enum(BOOT_MEDIA), readOnly: z.boolean(), bus: z.enum(DRIVE_BUSES).optional() })).max(MOST_EXTRA_DRIVES).optional(),
  /** The guest's network: a folder whose files TFTP and HTTP give, and what a guest that boots from the network is to load. */
  network: z.object({ folder: z.string().min(1).optional(), bootFile: z.string().min(1).max(127).optional() }).optional(),
  memoryBytes: z.number().int().min(MIN_MEMORY_BYTES).max(MAX_MEMORY_BYTES),
  backend: z.enum(BACKENDS),
  /** The report says what was translated. */
  jitStatistics: z.boolean().optional(),
  /** The listener is shown every region that is translated. */
  jitDump: z.boolean().optional(),
  /** Which processor; default: all that the emulator knows. */
  model: z.enum(CPU_MODEL_NAMES).optional(),
  /** How many of them; default: 1. */
  processors: z.number().int().min(1).max(MOST_CPUS).optional(),
  /** `realtime` for a person who watches; `fast` skips the time in which the guest waits. */
  pace: z.enum(['realtime', 'fast']),
  /** The run ends once the screen shows this. */
  untilText: z.string().min(1).optional(),
  /** Host's time after which the run ends, in milliseconds. */
  timeoutMilliseconds: z.number().positive().optional(),
  /** Kinds of drive that the BIOS tries first, and whether it offers a menu. */
  boot: z.object({ order: z.array(z.enum(BOOT_MEDIA)).max(BOOT_MEDIA.length).optional(), menu: z.boolean().optional() }).optional(),
  /** A real BIOS in the place of the lab's own, that of the display, UEFI's variables. */
  roms: z.object({ bios: bytesSchema, vga: bytesSchema.optional(), variables: bytesSchema.optional() }).optional(),
  /** Devices that the PC does not have. */
  without: z.array(z.enum(OPTIONAL_DEVICES)).optional(),
  /** Typed into the guest as soon as it takes keys. */
  keys: z.string().optional(),
  /** What a guest's reset does: start the PC anew (default), or end the run. */
  onReset: z.enum(['restart', 'end']).optional(),
  /** Date of the real-time clock at power-on, in milliseconds since 1970 (UTC). */
  startDate: z.number().int().optional(),
  /** Where the machine pauses by itself, the first time it comes there. */
  pauseAt: z.enum(BOOT_PAUSES).optional(),
  /** A log that begins with the first instruction; its number is `FIRST_LOG`. `whole`: nothing is dropped, the guest waits for who reads it. */
  log: z.object({ filter: logFilterSchema, whole: z.boolean().optional() }).optional(),
  /** A saved state that the machine goes on from, in the place of power-on. */
  state: bytesSchema.optional(),
  /** The run ends once so many instructions were executed since power-on. */
  untilInstructions: z.number().int().min(1).optional(),
  /** When the run ends by itself, and the machine has not come to an end of its own, its state is told. */
  saveState: z.boolean().optional(),
  /** Where the stages of the boot begin, as the image has them; addresses are linear. */
  marks: z
    .object({
      stage2: z.object({ address: z.bigint(), magic: z.number(), magicAt: z.number().int().min(0) }).optional(),
      kernel: z.object({ address: z.bigint(), codeSize: z.union([z.literal(16), z.literal(32), z.literal(64)]) }).optional(),
    })
    .optional(),
})
export type StartOptions = z.infer<typeof startOptionsSchema>

const askedEnd = { summary: z.string(), lines: z.array(z.string()), instructions: z.number(), translation: translationSchema.optional() }

/** Why a run ended: as for every machine, or because of what the options asked for. */
export const runReportSchema = z.discriminatedUnion('reason', [
  ...machineReportSchema.options,
  z.object({ reason: z.literal('until-text'), ...askedEnd }),
  z.object({ reason: z.literal('until-instructions'), ...askedEnd }),
  z.object({ reason: z.literal('timeout'), ...askedEnd }),
  z.object({ reason: z.literal('reset'), ...askedEnd }),
])
export type RunReport = z.infer<typeof runReportSchema>

/** What a machine that has ended answers. */
export function machineEnded(): LabError {
  return new LabError({ code: 'ended', what: 'The machine has ended.', next: 'Boot again.' })
}

/** What a machine tells, in order; `end` is the last. */
export interface MachineListener {
  /** May answer with a promise that resolves when the screen is dealt with: until then few others come. */
  screen(screen: Screen): void | Promise<void>
  /** May answer with a promise that resolves when the bytes are dealt with: a guest that sends faster than they are waits. */
  serial(port: OutputPort, bytes: Uint8Array): void | Promise<void>
  /** What the speaker did, in order. */
  sound?(tones: Tone[]): void
  state(state: MachineState): void
  /** Entries of a log that was begun with `log`; `lost` of them were dropped before. May answer with a promise that resolves when they are dealt with. */
  log?(id: number, entries: LogEntry[], lost: number): void | Promise<void>
  /** The machine's state at the end of its run, before `end`, if `StartOptions.saveState` asked for it. */
  saved?(state: Uint8Array): void
  /** What is in the flash memory with UEFI's variables when the run ends, where there is one. */
  variables?(bytes: Uint8Array): void
  /** A region was translated: what it is called, its text, its module. */
  region?(dump: RegionDump): void
  end(report: RunReport): void
}

/** A machine that runs. All calls return at once; after the end they do nothing. */
export interface RunningMachine {
  /** Ends it within 100 ms, whatever the guest does. */
  stop(): void
  /** Presses the reset button. */
  reset(): void
  pause(): void
  resume(): void
  /** Stands still for so many milliseconds of the host's time, unseen by the guest; 0 ends it. */
  hold(milliseconds: number): void
  keys(events: readonly KeyEvent[]): void
  mouse(moves: readonly MouseMove[]): void
  /** Types text as on a US keyboard; `\n` is Enter, `\b` Backspace. */
  type(text: string): void
  /** Default: COM1. */
  serialInput(bytes: Uint8Array, port?: SerialPort): void
  /**
   * Asks the machine's thread, which answers between two slices of the guest.
   * @throws LabError what the machine refuses; `ended` when it has ended
   */
  ask<Name extends QuestionName>(name: Name, args: QuestionArgs[Name]): Promise<QuestionResults[Name]>
  /** Begins a log with a number of its own, or ends it (`undefined`). */
  log(id: number, filter: LogFilter | undefined): void
}

const isQuestionName = (value: unknown): value is QuestionName => typeof value === 'string' && Object.hasOwn(machineQuestions, value)

/** Host to worker. */
export const commandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), options: startOptionsSchema, module: z.instanceof(WebAssembly.Module).optional() }),
  /** Loads the emulator and compiles its interpreter, so that a later `start` is quick; quicker still after a rehearsal, of which nobody hears. */
  z.object({ type: z.literal('prepare'), module: z.instanceof(WebAssembly.Module).optional(), rehearsal: startOptionsSchema.optional() }),
  z.object({ type: z.enum(['stop', 'reset', 'pause', 'resume']) }),
  z.object({ type: z.literal('hold'), milliseconds: z.number().min(0) }),
  z.object({ type: z.literal('keys'), events: z.array(keyEventSchema) }),
  z.object({ type: z.literal('mouse'), moves: z.array(mouseMoveSchema) }),
  z.object({ type: z.literal('type'), text: z.string() }),
  z.object({ type: z.literal('serial'), port: z.enum(SERIAL_PORTS), bytes: bytesSchema }),
  z.object({ type: z.literal('ask'), id: z.number(), name: z.custom<QuestionName>(isQuestionName), args: z.unknown() }),
  z.object({ type: z.literal('log'), id: z.number(), filter: logFilterSchema.optional() }),
  /** One more `log` event of this log was dealt with. */
  z.object({ type: z.literal('logged'), id: z.number() }),
  /** One more `serial` event was dealt with. */
  z.object({ type: z.literal('read') }),
  /** One more `screen` event was dealt with. */
  z.object({ type: z.literal('seen') }),
])
export type Command = z.infer<typeof commandSchema>

/** Worker to host. */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('screen'), screen: screenSchema }),
  z.object({ type: z.literal('serial'), port: z.enum(OUTPUT_PORTS), bytes: bytesSchema }),
  z.object({ type: z.literal('sound'), tones: z.array(toneSchema) }),
  z.object({ type: z.literal('state'), state: machineStateSchema }),
  z.object({ type: z.literal('answer'), id: z.number(), value: z.unknown(), failure: failureSchema.optional() }),
  z.object({ type: z.literal('log'), id: z.number(), entries: z.array(logEntrySchema), lost: z.number() }),
  z.object({ type: z.literal('saved'), state: bytesSchema }),
  z.object({ type: z.literal('variables'), bytes: bytesSchema }),
  z.object({ type: z.literal('region'), dump: z.object({ name: z.string(), text: z.string(), wasm: bytesSchema }) }),
  z.object({ type: z.literal('end'), report: runReportSchema }),
  /** The compiled interpreter, for the next worker. */
  z.object({ type: z.literal('module'), backend: z.enum(BACKENDS), module: z.instanceof(WebAssembly.Module) }),
])
export type WorkerEvent = z.infer<typeof eventSchema>
