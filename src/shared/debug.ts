/**
 * What the window can ask of a running or paused machine, and tell it: run control, breakpoints, all that can be seen inside.
 *
 * `machineQuestions` is the table of what the machine's own thread answers, between two slices of the guest: within some milliseconds, whatever
 * the guest does. `debugCalls` are the calls of the contract: the same with the machine's id, and with symbols and source lines added.
 * Looking never changes the guest: no faults, no accessed bits, no device registers read. Addresses are linear unless they say otherwise.
 */
import * as z from 'zod'
import { hexSchema } from './hex'
import { MOST_CPUS } from './machine-schemas'
import { BOOT_PAUSES, cpuModeSchema, INTERRUPT_SOURCES } from './run-state'

/** Bytes of memory in one answer or one write. */
export const MAX_MEMORY_BYTES_READ = 65_536
export const MAX_MEMORY_BYTES_WRITTEN = 4096
/** Bytes whose pages are told apart in one answer. */
export const MAX_BYTES_SURVEYED = 4 * 2 ** 20
export const MAX_DISASSEMBLED = 512
export const MAX_STACK_WORDS = 1024
export const MAX_FRAMES = 64
export const MAX_MAPPINGS = 2000
export const MAX_BREAKPOINTS = 256
/** Addresses that one code breakpoint stands for: a source line inlined in many places. */
export const MAX_PLACES = 64
/** Bytes that one data breakpoint watches. */
export const MAX_WATCHED_BYTES = 65_536
/** Entries of a log in one event. */
export const MAX_LOG_ENTRIES = 512

const machine = z.string().min(1).max(64)
const port = z.number().int().min(0).max(0xffff)
/** A value of up to 256 bits. */
const wideHex = z.string().regex(/^0x[0-9a-f]{1,64}$/)
const spaceSchema = z.enum(['linear', 'physical'])
/** Where `machines.boot` pauses the new machine. */
export const bootPauseSchema = z.enum(BOOT_PAUSES)
const nothing = z.strictObject({})

// --- breakpoints --------------------------------------------------------------------------------------------------------

const otherBreakpoints = [
  /** Reads or writes of the guest's instructions and of interrupt delivery; not of page walks and of the BIOS. Stops after the instruction. */
  z.strictObject({ kind: z.literal('data'), space: spaceSchema, address: hexSchema, bytes: z.number().int().min(1).max(MAX_WATCHED_BYTES), access: z.enum(['read', 'write', 'any']) }),
  /** Ports `first` to `last`. Stops after the instruction. */
  z.strictObject({ kind: z.literal('port'), first: port, last: port, direction: z.enum(['in', 'out', 'any']) }),
  /** Stops at the first instruction of the vector's handler. */
  z.strictObject({ kind: z.literal('vector'), vector: z.number().int().min(0).max(255), source: z.enum([...INTERRUPT_SOURCES, 'any']) }),
  /** The processor enters this mode. Stops after the instruction. */
  z.strictObject({ kind: z.literal('mode'), mode: cpuModeSchema.or(z.literal('any')) }),
  /** Stops at the instruction whose fault could not be delivered; when resumed, the machine ends with its report. */
  z.strictObject({ kind: z.literal('triple-fault') }),
] as const

/** Stops before the instruction at one of these addresses; before the first iteration of a repeated string instruction. */
const codeBreakpoint = z.strictObject({ kind: z.literal('code'), addresses: z.array(hexSchema).min(1).max(MAX_PLACES), label: z.string().max(300).optional() })
export const machineBreakpointSchema = z.discriminatedUnion('kind', [codeBreakpoint, ...otherBreakpoints])
export type MachineBreakpoint = z.infer<typeof machineBreakpointSchema>

/** An address, a symbol of the kernel, or a source line of it: `file` is an absolute path, or one from the project's folder. */
export const placeSchema = z.union([
  z.strictObject({ address: hexSchema }),
  z.strictObject({ symbol: z.string().min(1).max(300) }),
  z.strictObject({ file: z.string().min(1).max(4096), line: z.number().int().min(1).max(10_000_000) }),
])
export type Place = z.infer<typeof placeSchema>

export const breakpointSpecSchema = z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('code'), at: placeSchema }), ...otherBreakpoints])
export type BreakpointSpec = z.infer<typeof breakpointSpecSchema>

/** Which hits stop: from the `count`-th on, that one only, or every `count`-th. */
export const hitConditionSchema = z.strictObject({ when: z.enum(['from', 'only', 'every']), count: z.number().int().min(1).max(1e9) })

const options = { enabled: z.boolean().optional(), condition: hitConditionSchema.optional() }

export const breakpointSchema = z.object({
  id: z.number().int(),
  spec: machineBreakpointSchema,
  enabled: z.boolean(),
  condition: hitConditionSchema.optional(),
  /** How often it was reached while it was enabled, whether the machine stopped or not. */
  hits: z.number().int(),
})
export type Breakpoint = z.infer<typeof breakpointSchema>

// --- run control --------------------------------------------------------------------------------------------------------

/**
 * - `into`: one instruction, or one iteration of a repeated one. An interrupt that comes first ends the step at its handler.
 * - `over`: a call, an INT, a HLT or all iterations of a repeated instruction as a whole; handlers of interrupts that come run unseen.
 * - `out`: until the present function or handler has returned, found by the return addresses on the stack.
 */
export const STEPS = ['into', 'over', 'out'] as const

export const speedSchema = z.discriminatedUnion('pace', [
  /** As a PC of 100 million instructions a second. */
  z.strictObject({ pace: z.literal('realtime') }),
  z.strictObject({ pace: z.literal('fast') }),
  /** For a person who watches each instruction. Time in HLT passes as ever. */
  z.strictObject({ pace: z.literal('slow'), instructionsPerSecond: z.number().min(0.1).max(1e6) }),
])
export type Speed = z.infer<typeof speedSchema>

// --- looking ------------------------------------------------------------------------------------------------------------

/** A line of a table for a person: `meaning` in words. */
export const factSchema = z.object({ name: z.string(), value: z.string(), meaning: z.string().optional() })
export type Fact = z.infer<typeof factSchema>

export const symbolSchema = z.object({ name: z.string(), /** Bytes behind the symbol's start. */ offset: z.number().int() })
export const sourceSchema = z.object({
  /** Absolute, as the compiler knew it. */
  file: z.string(),
  /** From the project's folder, with `/`; absent for a file outside. */
  path: z.string().optional(),
  line: z.number().int(),
})
/** What an address is in the kernel that was booted; both absent where nothing is known. */
const known = { symbol: symbolSchema.optional(), source: sourceSchema.optional() }
export const knownAddressSchema = z.object({ address: hexSchema, ...known })
export type KnownAddress = z.infer<typeof knownAddressSchema>

const registerSchema = z.object({
  name: z.string(),
  value: hexSchema,
  /** Names of the bits that are set. */
  bits: z.array(z.string()).optional(),
})

export const segmentRegisterSchema = z.object({
  name: z.string(),
  selector: z.number().int(),
  base: hexSchema,
  limit: hexSchema,
  /** As in a descriptor's second doubleword, bits 8–23. */
  attributes: z.number().int(),
  meaning: z.string(),
})

export const debugRegistersSchema = z.object({
  /** Which of several processors they are of; absent where there is one only. */
  cpu: z.object({ number: z.number().int(), count: z.number().int() }).optional(),
  instructions: z.number(),
  /** The guest's time in microseconds. */
  microseconds: z.number(),
  cpuMode: cpuModeSchema,
  /** `real`, `virtual-8086`, `16-bit protected`, `32-bit protected`, `compatibility`, `64-bit`. */
  mode: z.string(),
  codeSize: z.union([z.literal(16), z.literal(32), z.literal(64)]),
  paging: z.enum(['none', '32-bit', 'pae', '4-level', '5-level']),
  cpl: z.number().int(),
  halted: z.boolean(),
  rip: hexSchema,
  /** Linear address of CS:RIP. */
  address: hexSchema,
  flags: z.object({ value: hexSchema, iopl: z.number().int(), bits: z.array(z.object({ name: z.string(), set: z.boolean(), meaning: z.string() })) }),
  general: z.array(registerSchema),
  segments: z.array(segmentRegisterSchema),
  tables: z.array(z.object({ name: z.string(), base: hexSchema, limit: z.number().int() })),
  control: z.array(registerSchema),
  debug: z.array(registerSchema),
  modelSpecific: z.array(registerSchema.extend({ index: z.number().int() })),
  x87: z.object({
    /** FCW, FSW, FTW, MXCSR … */
    words: z.array(registerSchema),
    /** ST(0) first. */
    stack: z.array(z.object({ name: z.string(), register: z.string(), value: wideHex, text: z.string(), empty: z.boolean() })),
  }),
  /** The whole YMM registers; XMM is the low half. */
  vectors: z.array(z.object({ name: z.string(), value: wideHex })),
})
export type DebugRegisters = z.infer<typeof debugRegistersSchema>

/** `unmapped`: the page tables lead nowhere. `device`: reading would change it; `nothing`: nothing answers there. */
export const PAGE_STATES = ['ram', 'rom', 'video', 'device', 'nothing', 'unmapped'] as const
const pageStateSchema = z.enum(PAGE_STATES)
export type PageState = z.infer<typeof pageStateSchema>

export const memorySchema = z.object({
  address: hexSchema,
  /** Base64; what cannot be read is 0 here. */
  data: z.base64(),
  /** Pieces of one page each, in order. */
  pages: z.array(
    z.object({
      address: hexSchema,
      bytes: z.number().int(),
      state: pageStateSchema,
      physical: hexSchema.optional(),
    }),
  ),
})
export type MemoryView = z.infer<typeof memorySchema>

/** Neighbouring pages of one kind, in order. */
export const surveySchema = z.array(z.object({ address: hexSchema, bytes: z.number().int(), state: pageStateSchema }))
export type Survey = z.infer<typeof surveySchema>

export const instructionSchema = z.object({
  address: hexSchema,
  /** Offset in the code segment, as disassembly shows branch targets. */
  offset: hexSchema,
  /** Hex digits without spaces. */
  bytes: z.string(),
  /** `(bad)` where the bytes are no instruction, `(unmapped)` where there are none. */
  text: z.string(),
  /** Of a direct jump or call: linear. */
  target: knownAddressSchema.optional(),
  ...known,
})
export type Instruction = z.infer<typeof instructionSchema>

export const stackSchema = z.object({
  /** Bytes of a word. */
  width: z.union([z.literal(2), z.literal(4), z.literal(8)]),
  /** Linear address of the top. */
  top: hexSchema,
  words: z.array(
    z.object({
      address: hexSchema,
      value: hexSchema,
      /** Stands behind a CALL instruction: likely a return address. */
      returns: z.boolean(),
      ...known,
    }),
  ),
  /** The innermost first. */
  frames: z.array(
    z.object({
      /** Of the next instruction, or the return address; linear. */
      address: hexSchema,
      /** Frame pointer, as far as it is known; linear. */
      frame: hexSchema.optional(),
      /** How it was found. */
      by: z.enum(['current', 'frame-pointer', 'call-frame-information']),
      ...known,
    }),
  ),
  /** Why the call stack ends where it does. */
  end: z.string(),
})
export type StackView = z.infer<typeof stackSchema>

export const descriptorSchema = z.object({
  index: z.number().int(),
  selector: z.number().int().optional(),
  address: hexSchema,
  /** As it stands in memory, little-endian. */
  raw: wideHex,
  /** `code`, `data`, `interrupt gate`, `64-bit TSS`, `not used` … */
  kind: z.string(),
  present: z.boolean(),
  dpl: z.number().int(),
  base: hexSchema.optional(),
  limit: hexSchema.optional(),
  /** Of a gate. */
  target: z.object({ selector: z.number().int(), offset: hexSchema, ist: z.number().int().optional(), symbol: symbolSchema.optional(), source: sourceSchema.optional() }).optional(),
  /** `readable, accessed, 32-bit, limit in pages` … */
  flags: z.array(z.string()),
  /** What is wrong with it, if something is. */
  problem: z.string().optional(),
})
export type DescriptorView = z.infer<typeof descriptorSchema>

export const DESCRIPTOR_TABLES = ['gdt', 'ldt', 'idt'] as const

export const descriptorTableSchema = z.object({
  table: z.enum(DESCRIPTOR_TABLES),
  base: hexSchema,
  limit: z.number().int(),
  /** Descriptors of 8 bytes, gates of 16 in long mode, vectors of 4 in real mode. */
  entryBytes: z.number().int(),
  /** How many the limit has room for. */
  count: z.number().int(),
  /** Without those that are all zero. */
  entries: z.array(descriptorSchema),
  /** Why there is nothing, or not all. */
  note: z.string().optional(),
})
export type DescriptorTable = z.infer<typeof descriptorTableSchema>

export const pageEntrySchema = z.object({
  /** `PML4`, `PDPT`, `PD`, `PT`. */
  level: z.string(),
  index: z.number().int(),
  /** Physical address of the entry. */
  address: hexSchema,
  value: hexSchema,
  present: z.boolean(),
  /** `writable`, `user`, `accessed`, `dirty`, `large`, `global`, `no-execute`, `write-through`, `cache-disable`. */
  flags: z.array(z.string()),
  /** A reserved bit that is set, or a table outside memory. */
  problem: z.string().optional(),
})

export const pageWalkSchema = z.object({
  address: hexSchema,
  paging: z.enum(['none', '32-bit', 'pae', '4-level', '5-level']),
  entries: z.array(pageEntrySchema),
  /** Absent: not mapped. */
  result: z.object({ physical: hexSchema, pageBytes: z.number(), writable: z.boolean(), user: z.boolean(), executable: z.boolean() }).optional(),
  /** Why it is not mapped. */
  why: z.string().optional(),
})
export type PageWalk = z.infer<typeof pageWalkSchema>

export const mappingSchema = z.object({
  /** Neighbouring pages with the same rights whose frames follow each other. */
  first: hexSchema,
  last: hexSchema,
  physical: hexSchema,
  writable: z.boolean(),
  user: z.boolean(),
  executable: z.boolean(),
  /** Sizes of the pages in it: 4096, 2 MiB, 4 MiB, 1 GiB. */
  pageBytes: z.array(z.number()),
})

export const mappingsSchema = z.object({
  paging: z.enum(['none', '32-bit', 'pae', '4-level', '5-level']),
  ranges: z.array(mappingSchema),
  /** The list goes on from this address; absent: it is whole. */
  next: hexSchema.optional(),
  note: z.string().optional(),
})
export type Mappings = z.infer<typeof mappingsSchema>

export const deviceSchema = z.object({ name: z.string(), groups: z.array(z.object({ title: z.string(), facts: z.array(factSchema) })) })
export type DeviceView = z.infer<typeof deviceSchema>

// --- logs ---------------------------------------------------------------------------------------------------------------

export const logFilterSchema = z.strictObject({
  /** Calls of BIOS services, and which: all when no vectors are given. Services that wait are logged when they return. */
  bios: z.strictObject({ vectors: z.array(z.number().int().min(0).max(255)).max(64).optional() }).optional(),
  /** The guest's port accesses, and which: all when no ranges are given. */
  ports: z.strictObject({ ranges: z.array(z.strictObject({ first: port, last: port })).max(64).optional() }).optional(),
})
export type LogFilter = z.infer<typeof logFilterSchema>

export const logEntrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('bios'),
    /** Instructions executed before the call. */
    instructions: z.number(),
    vector: z.number().int(),
    /** AX as it was called. */
    ax: z.number().int(),
    /** `Teletype output`, `Extended read` … */
    name: z.string(),
    arguments: z.array(factSchema),
    results: z.array(factSchema),
    carry: z.boolean(),
    /** CS:IP to which it returns. */
    caller: z.object({ cs: z.number().int(), ip: z.number().int() }),
  }),
  z.object({
    kind: z.literal('port'),
    instructions: z.number(),
    direction: z.enum(['in', 'out']),
    port,
    bytes: z.number().int(),
    value: z.number(),
    /** Linear address of the instruction. */
    by: hexSchema,
    /** What answers at the port. */
    device: z.string().optional(),
  }),
])
export type LogEntry = z.infer<typeof logEntrySchema>
export type BiosCall = Extract<LogEntry, { kind: 'bios' }>
export type PortEntry = Extract<LogEntry, { kind: 'port' }>

export const logEventSchema = z.object({
  entries: z.array(logEntrySchema).max(MAX_LOG_ENTRIES),
  /** Entries before these that were dropped: the reader was too slow. */
  lost: z.number().int(),
})
export type LogEvent = z.infer<typeof logEventSchema>

// --- the table of the machine's thread ----------------------------------------------------------------------------------

const disassembleArgs = z.strictObject({
  /** Linear; absent: the next instruction. */
  address: hexSchema.optional(),
  count: z.number().int().min(1).max(MAX_DISASSEMBLED),
  /** Instructions before the address: found by trying, so they can be wrong where data lies between code. */
  before: z.number().int().min(0).max(MAX_DISASSEMBLED).optional(),
  /** An address before, at which an instruction is known to begin. */
  anchor: hexSchema.optional(),
  /** Absent: as the processor stands. */
  mode: z.union([z.literal(16), z.literal(32), z.literal(64)]).optional(),
})

export const machineQuestions = {
  pause: { args: nothing, result: z.null() },
  /** `pauseAt`: it pauses there, the first time it comes to it. In place of what `machines.boot` was told. */
  resume: { args: z.strictObject({ pauseAt: bootPauseSchema.optional() }), result: z.null() },
  /** Of a paused machine. It is paused again when the step is done. */
  step: {
    args: z.strictObject({
      step: z.enum(STEPS),
      /** A step into or over that ends in one of these is followed by another one. Linear, both ends included. */
      within: z.array(z.strictObject({ first: hexSchema, last: hexSchema })).max(MAX_PLACES).optional(),
    }),
    result: z.null(),
  },
  /** Resumes until one of these addresses is reached. */
  runTo: { args: z.strictObject({ addresses: z.array(hexSchema).min(1).max(MAX_PLACES) }), result: z.null() },
  setSpeed: { args: z.strictObject({ speed: speedSchema }), result: z.null() },

  breakpoints: { args: nothing, result: z.array(breakpointSchema) },
  setBreakpoint: { args: z.strictObject({ spec: machineBreakpointSchema, ...options }), result: breakpointSchema },
  /** Changes what is given. */
  changeBreakpoint: { args: z.strictObject({ id: z.number().int(), ...options, condition: hitConditionSchema.nullable().optional(), hits: z.literal(0).optional() }), result: breakpointSchema },
  removeBreakpoint: { args: z.strictObject({ id: z.number().int() }), result: z.null() },

  /** Of the processor that executes; of a paused machine, of the one that stopped or was chosen to be looked at. */
  registers: { args: nothing, result: debugRegistersSchema },
  /**
   * Of a paused machine: the processor that the other questions are about, and that steps step, until it goes on. Whose turn it is stays as it was. The
   * machine's state tells of it as of another pause.
   */
  lookAt: { args: z.strictObject({ cpu: z.number().int().min(0).max(MOST_CPUS - 1) }), result: z.null() },
  /** Of a paused machine: a general register, `rip`, `rflags` (without VM), or `xmm`/`ymm` with up to 64 digits. */
  setRegister: { args: z.strictObject({ name: z.string().max(16), value: wideHex }), result: z.null() },
  memory: { args: z.strictObject({ space: spaceSchema, address: hexSchema, bytes: z.number().int().min(1).max(MAX_MEMORY_BYTES_READ) }), result: memorySchema },
  /** What kinds of pages there are, without their content. */
  survey: { args: z.strictObject({ space: spaceSchema, address: hexSchema, bytes: z.number().int().min(1).max(MAX_BYTES_SURVEYED) }), result: surveySchema },
  /** Of a paused machine; whole or not at all. The guest's page rights do not matter. */
  setMemory: { args: z.strictObject({ space: spaceSchema, address: hexSchema, data: z.base64().max((MAX_MEMORY_BYTES_WRITTEN * 4) / 3 + 4) }), result: z.null() },
  disassemble: { args: disassembleArgs, result: z.array(instructionSchema) },
  stack: { args: z.strictObject({ words: z.number().int().min(1).max(MAX_STACK_WORDS) }), result: stackSchema },
  descriptors: { args: z.strictObject({ table: z.enum(DESCRIPTOR_TABLES) }), result: descriptorTableSchema },
  taskState: { args: nothing, result: z.object({ selector: z.number().int(), base: hexSchema, limit: z.number().int(), kind: z.string(), facts: z.array(factSchema), note: z.string().optional() }) },
  pageWalk: { args: z.strictObject({ address: hexSchema }), result: pageWalkSchema },
  mappings: { args: z.strictObject({ from: hexSchema.optional(), most: z.number().int().min(1).max(MAX_MAPPINGS) }), result: mappingsSchema },
  devices: { args: nothing, result: z.array(deviceSchema) },
  /** The machine's state as a file has it. It goes on as if nothing had been. */
  saveState: { args: nothing, result: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes are expected') },
} as const

export type QuestionName = keyof typeof machineQuestions
export type QuestionArgs = { [K in QuestionName]: z.output<(typeof machineQuestions)[K]['args']> }
export type QuestionResults = { [K in QuestionName]: z.output<(typeof machineQuestions)[K]['result']> }

// --- the contract's calls -----------------------------------------------------------------------------------------------

function of<Shape extends z.ZodRawShape, Result extends z.ZodType>({ args, result }: { args: z.ZodObject<Shape, z.core.$strict>; result: Result }) {
  return { args: args.extend({ machine }), result }
}

export const debugCalls = {
  'debug.pause': of(machineQuestions.pause),
  'debug.resume': of(machineQuestions.resume),
  'debug.step': {
    /** `line`: as many instructions as the present source line has; one where no line is known. */
    args: z.strictObject({ machine, step: z.enum(STEPS), unit: z.enum(['instruction', 'line']).optional() }),
    result: z.null(),
  },
  'debug.runTo': { args: z.strictObject({ machine, at: placeSchema }), result: z.null() },
  'debug.setSpeed': of(machineQuestions.setSpeed),
  'debug.breakpoints': of(machineQuestions.breakpoints),
  'debug.setBreakpoint': { args: z.strictObject({ machine, spec: breakpointSpecSchema, ...options }), result: breakpointSchema },
  'debug.changeBreakpoint': of(machineQuestions.changeBreakpoint),
  'debug.removeBreakpoint': of(machineQuestions.removeBreakpoint),
  'debug.registers': of(machineQuestions.registers),
  'debug.lookAt': of(machineQuestions.lookAt),
  'debug.setRegister': of(machineQuestions.setRegister),
  'debug.memory': of(machineQuestions.memory),
  'debug.survey': of(machineQuestions.survey),
  'debug.setMemory': of(machineQuestions.setMemory),
  'debug.disassemble': of(machineQuestions.disassemble),
  'debug.stack': of(machineQuestions.stack),
  'debug.descriptors': of(machineQuestions.descriptors),
  'debug.taskState': of(machineQuestions.taskState),
  'debug.pageWalk': of(machineQuestions.pageWalk),
  'debug.mappings': of(machineQuestions.mappings),
  'debug.devices': of(machineQuestions.devices),
  /** What addresses are in the booted kernel. */
  'debug.whatIs': { args: z.strictObject({ machine, addresses: z.array(hexSchema).min(1).max(1024) }), result: z.array(knownAddressSchema) },
  /** The addresses of a symbol or source line; a line without code counts as the next one that has some. */
  'debug.find': { args: z.strictObject({ machine, at: placeSchema }), result: z.array(knownAddressSchema) },
  /** What is known about the kernel that was booted. */
  'debug.kernel': {
    args: z.strictObject({ machine }),
    result: z.object({
      /** Its file; absent: no kernel is known, for instance of a foreign image. */
      file: z.string().optional(),
      entry: hexSchema.optional(),
      symbols: z.number().int(),
      /** Lines of source that its code comes from; 0 without debug information. */
      lines: z.number().int(),
      /** Why something is missing. */
      note: z.string().optional(),
    }),
  },
} as const

export const debugStreams = {
  /** BIOS calls and port accesses as they happen; ends when the machine ends. Logging costs nothing while nobody listens. */
  'debug.log': { args: z.strictObject({ machine, filter: logFilterSchema }), event: logEventSchema, end: z.null() },
} as const

