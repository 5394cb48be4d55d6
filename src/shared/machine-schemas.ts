/** What a running machine shows: its screen, its state, and the report when it ends. */
import * as z from 'zod'
import { hexSchema } from './hex'
import { pausedSchema, timelineEntrySchema } from './run-state'

/** How a machine executes instructions: translating hot code, interpreting, or slowly and simply. */
export const BACKENDS = ['block', 'interp', 'oracle'] as const
export const DEFAULT_BACKEND: (typeof BACKENDS)[number] = 'block'

/** What the translating backend did. */
export const translationSchema = z.object({
  regions: z.number(),
  /** Guest instructions in them, and bytes of WebAssembly made of those. */
  instructions: z.number(),
  bytes: z.number(),
  /** Of the host, for translating. */
  milliseconds: z.number(),
  /** Hot places without a translation; regions whose code changed; regions that made room. */
  refused: z.number(),
  overwritten: z.number(),
  evicted: z.number(),
  /** Why instructions are left to the interpreter: how many in regions, by reason. */
  obstacles: z.record(z.string(), z.number()),
})
export type Translation = z.infer<typeof translationSchema>

/** What an image is put into: a hard disk (80h), diskette drive A: (00h) or a CD drive (E0h). */
export const BOOT_MEDIA = ['disk', 'floppy', 'cd'] as const
export type BootMedium = (typeof BOOT_MEDIA)[number]

/** What a hard disk or CD drive is connected to: the PIIX's channels, or a controller of its own. */
export const DRIVE_BUSES = ['ide', 'ahci', 'nvme'] as const
export type DriveBus = (typeof DRIVE_BUSES)[number]

/** Drives that can be added to the one that is booted from: one for diskettes, one for CDs, hard disks up to four. */
export const MOST_EXTRA_DRIVES = 5

/** Processors of a machine. */
export const MOST_CPUS = 8

/** Serial ports, in the order of their numbers. */
export const SERIAL_PORTS = ['com1', 'com2', 'com3', 'com4'] as const
export type SerialPort = (typeof SERIAL_PORTS)[number]

/** Devices that a machine can do without. */
export const OPTIONAL_DEVICES = ['network', 'hpet', 'mouse', 'speaker', ...SERIAL_PORTS, 'lpt1'] as const
export type OptionalDevice = (typeof OPTIONAL_DEVICES)[number]

/** How virtual time follows the host's: `realtime` for a person who watches; `fast` skips the time in which the guest waits. */
export const PACES = ['realtime', 'fast'] as const
export type MachinePace = (typeof PACES)[number]

/** Where a guest's bytes come out: the serial ports, the printer port, the debug console at port E9h. */
export const OUTPUT_PORTS = [...SERIAL_PORTS, 'lpt1', 'debug'] as const
export type OutputPort = (typeof OUTPUT_PORTS)[number]

/** One of something for each port. */
export function forOutputPorts<T>(make: (port: OutputPort) => T): Record<OutputPort, T> {
  return { com1: make('com1'), com2: make('com2'), com3: make('com3'), com4: make('com4'), lpt1: make('lpt1'), debug: make('debug') }
}

/** What the speaker does from a moment on: `at` in microseconds of the guest's time since power-on; 0 hertz is silence. */
export const toneSchema = z.object({ at: z.number().min(0), hertz: z.number().min(0).max(1_200_000) })
export type Tone = z.infer<typeof toneSchema>

/** An image file in a further drive. */
export const insertedDriveSchema = z.strictObject({ path: z.string().min(1).max(4096), medium: z.enum(BOOT_MEDIA), readOnly: z.boolean(), bus: z.enum(DRIVE_BUSES).optional() })
export type InsertedDrive = z.infer<typeof insertedDriveSchema>

/** How a text screen differs from what the BIOS sets for its mode 3: its font, its colours, the shape of its cells. */
export const textLookSchema = z.object({
  /** Scan lines of a cell. */
  height: z.number().int().min(1).max(32),
  /** Dots of a cell on a monitor: the ninth repeats the eighth in characters C0h–DFh, where `lineGraphics` says so, and is background in others. */
  dots: z.union([z.literal(8), z.literal(9)]),
  lineGraphics: z.boolean(),
  /** Dots are twice as wide, as with 40 columns. */
  wide: z.boolean(),
  /** In base64, 256 glyphs of `height` bytes, the most significant bit leftmost; 512: the second half is for attributes with bit 3. */
  glyphs: z.base64().max(32_768),
  /** The 16 colours of attributes, as 0xRRGGBB. */
  colours: z.array(z.number().int().min(0).max(0xffffff)).length(16),
  /** Scan line on which characters are underlined whose attribute has colour 1 on 0, bits 3 and 7 aside. */
  underline: z.number().int().min(0).max(31),
})
export type TextLook = z.infer<typeof textLookSchema>

/** Looked at sixty times a second: an element's schema would cost a tenth of what a window does with a screen. */
const areCells = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= 132 * 60 && value.every((cell: unknown) => typeof cell === 'number' && Number.isInteger(cell) && cell >= 0 && cell <= 0xffff)

/** Text screen. `cells` holds columns × rows values in reading order: character in the low byte, attribute in the high. */
export const textScreenSchema = z.object({
  mode: z.literal('text'),
  columns: z.number().int().min(1).max(132),
  rows: z.number().int().min(1).max(60),
  cells: z.custom<number[]>(areCells, 'cells of 16 bits are expected, at most 132 × 60'),
  /** `start` and `end` are scan lines within the cell, as the CRTC registers 0x0a and 0x0b give them. */
  cursor: z.object({
    row: z.number().int(),
    column: z.number().int(),
    visible: z.boolean(),
    start: z.number().int(),
    end: z.number().int(),
  }),
  /** Attribute bit 7 blinks the character; when false it brightens the background. */
  blink: z.boolean(),
  /** Absent: the standard one. */
  look: textLookSchema.optional(),
})
export type TextScreen = z.infer<typeof textScreenSchema>

/** Largest picture in pixels. */
const size = z.number().int().min(1).max(4096)

/** Graphics screen: `pixels` holds width × height times red, green, blue (8 bits each), in reading order. `text`: what is written on it, where it is made of cells. */
export const graphicsScreenSchema = z.object({
  mode: z.literal('graphics'),
  width: size,
  height: size,
  pixels: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes are expected'),
  text: textScreenSchema.pick({ columns: true, rows: true, cells: true }).optional(),
})
export type GraphicsScreen = z.infer<typeof graphicsScreenSchema>

export const screenSchema = z.discriminatedUnion('mode', [textScreenSchema, graphicsScreenSchema])
export type Screen = z.infer<typeof screenSchema>

/** The same on its way to a window: `pixels` deflated (RFC 1950) and in base64. */
export const sentScreenSchema = z.discriminatedUnion('mode', [textScreenSchema, graphicsScreenSchema.extend({ pixels: z.base64() })])
export type SentScreen = z.infer<typeof sentScreenSchema>

export const machineStateSchema = z.object({
  /** `halted`: waits for an interrupt. `ended`: the report follows. */
  status: z.enum(['running', 'halted', 'ended']),
  /** Instructions retired since power-on. */
  instructions: z.number(),
  cpuMode: z.enum(['real', 'protected', 'long']),
  /** Milliseconds since the machine was started, of the host's clock. */
  milliseconds: z.number(),
  /** The keyboard's lights, as the guest set them: bits 0–2 for Scroll, Num and Caps Lock. */
  leds: z.number().int().min(0).max(7).optional(),
  /** Whether the guest listens to the mouse: before, moving it is in vain. */
  mouse: z.boolean().optional(),
  /** Why it is paused: virtual time stands, and nothing is executed. Absent: it goes on. */
  paused: pausedSchema.optional(),
  /** How far the boot has come since power-on or reset, in order. */
  timeline: z.array(timelineEntrySchema).optional(),
})
export type MachineState = z.infer<typeof machineStateSchema>

/**
 * A key going down or up: `code` is the physical key, named as in `KeyboardEvent.code` (UI Events KeyboardEvent code
 * values, W3C), such as `KeyA`, `Enter`, `ShiftLeft`.
 */
export const keyEventSchema = z.strictObject({ code: z.string().min(1).max(32), down: z.boolean() })
export type KeyEvent = z.infer<typeof keyEventSchema>

/** What a person did with the mouse: counts to the right and downwards, steps of the wheel towards the person, and the buttons that are down now. */
export const mouseMoveSchema = z.strictObject({
  dx: z.number().int().min(-32_768).max(32_767),
  dy: z.number().int().min(-32_768).max(32_767),
  wheel: z.number().int().min(-128).max(127),
  /** Bits 0–4: left, right, middle, fourth, fifth; as `MouseEvent.buttons` (UI Events, W3C). */
  buttons: z.number().int().min(0).max(31),
})
export type MouseMove = z.infer<typeof mouseMoveSchema>

export const registersSchema = z.object({
  cpuMode: z.enum(['real', 'protected', 'long']),
  /** `rip`, `rflags`, `rax`… `r15`, `cr0`, `cr2`, `cr3`, `cr4`, `efer`. */
  values: z.record(z.string(), hexSchema),
  segments: z.array(z.object({ name: z.string(), selector: hexSchema, base: hexSchema, limit: hexSchema })),
})
export type Registers = z.infer<typeof registersSchema>

/** One exception on the way to a triple fault. */
export const faultSchema = z.object({
  vector: z.number().int().min(0).max(255),
  /** `#PF`, `#GP`, … */
  name: z.string(),
  errorCode: z.number().int().optional(),
  /** CR2 for a page fault. */
  address: hexSchema.optional(),
  /** One sentence: what this fault means here. */
  explanation: z.string(),
})
export type Fault = z.infer<typeof faultSchema>

const instruction = z.object({
  address: hexSchema,
  /** Bytes in hex, `0f 0b`. */
  bytes: z.string(),
  /** Disassembly when it is known. */
  text: z.string().optional(),
})

const common = {
  /** One sentence for a person. */
  summary: z.string(),
  /** The whole report as lines of text, to be shown in a fixed-width font. */
  lines: z.array(z.string()),
  /** Instructions retired since power-on. */
  instructions: z.number(),
  /** If it was asked for, and there is a translator. */
  translation: translationSchema.optional(),
}

/** Why a machine ended. */
export const machineReportSchema = z.discriminatedUnion('reason', [
  z.object({ ...common, reason: z.literal('stopped') }),
  z.object({
    reason: z.literal('debug-exit'),
    ...common,
    /** What the guest wrote to port 0xf4; the exit code is (value << 1) | 1. */
    value: z.number().int(),
    exitCode: z.number().int(),
  }),
  z.object({
    reason: z.literal('triple-fault'),
    ...common,
    faults: z.array(faultSchema),
    instruction: instruction.optional(),
    registers: registersSchema,
  }),
  z.object({
    /** Halted with interrupts off: nothing but a reset can wake it. */
    reason: z.literal('halted-forever'),
    ...common,
    /** `bios`: the BIOS gave up (no bootable disk, an exception in real mode that nobody handles). */
    by: z.enum(['guest', 'bios']),
    registers: registersSchema,
  }),
  /** The guest switched the machine off. */
  z.object({ ...common, reason: z.literal('power-off') }),
  /** A disk image cannot be read or written any more, or was changed by somebody else. */
  z.object({ ...common, reason: z.literal('image-failed') }),
  /** The emulator itself failed: a defect of the lab, not of the kernel. */
  z.object({ ...common, reason: z.literal('emulator-error'), detail: z.string() }),
])
export type MachineReport = z.infer<typeof machineReportSchema>
