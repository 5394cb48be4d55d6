/**
 * The contract between the renderer and the services: one table of calls and one of streams.
 *
 * - A **call** has arguments and one result.
 * - A **stream** has arguments, any number of events, and one end value.
 *
 * Both can be cancelled. Both doors (Electron IPC and WebSocket) check every argument, event and result against these
 * schemas, on the side that receives them. The transport is in `channel.ts`.
 *
 * Conventions: `directory` is a project folder as an absolute path of the host; `path` is a file inside it, relative,
 * with `/` on every system. Addresses and 64-bit registers travel as `0x…` strings, because JSON numbers end at 2^53.
 * Bytes travel as base64.
 */
import * as z from 'zod'
import { MAX_COMMAND_LINE_BYTES } from './boot'
import { CPU_MODEL_NAMES } from './cpu-models'
import { bootPauseSchema, debugCalls, debugStreams, logFilterSchema } from './debug'
import { diagnosisSchema } from './diagnosis'
import { fileCalls, fileStreams } from './files'
import { formattingCalls } from './formatting'
import { languageCalls, languageStreams } from './language-servers'
import { LANGUAGES } from './languages'
import { imageCalls } from './image-explorer'
import { BOOT_MEDIA, insertedDriveSchema, keyEventSchema, machineReportSchema, machineStateSchema, mouseMoveSchema, MOST_CPUS, MOST_EXTRA_DRIVES, OUTPUT_PORTS, sentScreenSchema, SERIAL_PORTS, toneSchema, BACKENDS } from './machine-schemas'
import { buildProgressSchema, buildStepSchema, problemSchema } from './problems'
import { searchStreams } from './search'
import { usbCalls, usbStreams } from './usb'

/** Largest text file the editor opens or saves, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 1_000_000

const directory = z.string().min(1).max(4096)
const path = z.string().min(1).max(1024)
const text = z.string().max(MAX_TEXT_LENGTH)
const machine = z.string().min(1).max(64)
const nothing = z.strictObject({})
const base64 = z.base64()

/** Names one stored state of a file: the SHA-256 of its bytes, in hex. */
const version = z.string().length(64)

// --- templates and projects -------------------------------------------------------------------------------------------

export const templateSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** One sentence: what the template teaches. */
  teaches: z.string(),
  /** The track that the template belongs to. */
  language: z.string(),
  /** Its place in the track, from 1. */
  step: z.number().int(),
})
export type Template = z.infer<typeof templateSchema>

export const projectSchema = z.object({
  directory: z.string(),
  name: z.string(),
  language: z.string(),
  /** Path of the target specification; absent for a plain boot sector without one. */
  target: z.string().optional(),
  /** Path of the file to show first: the one with the entry point; the manifest when it has mistakes. */
  entry: z.string(),
  /** Paths of the files to open in tabs, in order. */
  open: z.array(z.string()),
  /** Mistakes in the manifest. A project with some opens all the same, so that they can be mended. */
  problems: z.array(problemSchema),
  /** Guest memory in MiB as the manifest asks for it. */
  memoryMiB: z.number(),
  /** Which processor the manifest asks for; absent: all that the emulator knows. */
  cpu: z.enum(CPU_MODEL_NAMES).optional(),
  /** How many the manifest asks for; absent: one. */
  cpus: z.number().int().optional(),
  commandLine: z.string(),
})
export type ProjectInfo = z.infer<typeof projectSchema>

/** How a folder without manifest would be built, and what that was seen from. */
export const importPlanSchema = z.object({
  directory: z.string(),
  name: z.string(),
  /** The manifest's kind. */
  kind: z.string(),
  /** What would be written, the manifest first. */
  files: z.array(z.object({ path: z.string(), text: z.string() })),
  /** What was decided for the person, and why. */
  guesses: z.array(z.object({ what: z.string(), why: z.string() })),
  /** What may keep it from building or booting. */
  warnings: z.array(z.string()),
})
export type ImportPlan = z.infer<typeof importPlanSchema>

export const recentProjectSchema = z.object({
  directory: z.string(),
  name: z.string(),
  /** Milliseconds since 1970. */
  openedAt: z.number(),
  /** False when the folder is gone or holds no manifest any more. */
  present: z.boolean(),
})
export type RecentProject = z.infer<typeof recentProjectSchema>

export const fileEntrySchema = z.object({
  path: z.string(),
  kind: z.enum(['file', 'directory']),
  /** Bytes; 0 for a directory. */
  size: z.number(),
})
export type FileEntry = z.infer<typeof fileEntrySchema>

export const fileTextSchema = z.object({ text: z.string(), version })
export type FileText = z.infer<typeof fileTextSchema>

/** A JSON schema for Monaco: applies to files whose name matches one of `fileMatch`. */
export const jsonSchemaEntrySchema = z.object({
  uri: z.string(),
  fileMatch: z.array(z.string()),
  schema: z.record(z.string(), z.json()),
})
export type JsonSchemaEntry = z.infer<typeof jsonSchemaEntrySchema>

/** Text typed but not saved. `baseVersion` is the stored file that it was typed over. */
export const draftSchema = z.object({ path: z.string(), text, baseVersion: version, savedAt: z.number() })
export type Draft = z.infer<typeof draftSchema>

// --- builds -----------------------------------------------------------------------------------------------------------

export const buildResultSchema = z.object({
  ok: z.boolean(),
  problems: z.array(problemSchema),
  steps: z.array(buildStepSchema),
  milliseconds: z.number(),
  /** Absolute paths; present when the build reached them. A boot sector has no ELF. */
  elfPath: z.string().optional(),
  imagePath: z.string().optional(),
})
export type BuildResult = z.infer<typeof buildResultSchema>

// --- machines ---------------------------------------------------------------------------------------------------------

/** What to boot: the image of a project's last build, or a file (raw image or ELF kernel). */
export const bootSourceSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('project'), directory }),
  z.strictObject({ type: z.literal('file'), path: z.string().min(1).max(4096) }),
])
export type BootSource = z.infer<typeof bootSourceSchema>

export const machineEventSchema = z.discriminatedUnion('type', [
  /** The whole screen, at most once per frame, only when it changed. The first event of every watch. */
  z.object({ type: z.literal('screen'), screen: sentScreenSchema }),
  /** Bytes the guest sent; `port` is the UART, or the debug port 0xE9. `lost` bytes before them were left out: the reader was too slow. */
  z.object({ type: z.literal('sound'), tones: z.array(toneSchema) }),
  z.object({ type: z.literal('serial'), port: z.enum(OUTPUT_PORTS), data: base64, lost: z.number().int().positive().optional() }),
  z.object({ type: z.literal('state'), state: machineStateSchema }),
])
export type MachineEvent = z.infer<typeof machineEventSchema>

/** Bitmap font of the text screen: 256 glyphs of `height` bytes, most significant bit leftmost. */
export const fontSchema = z.object({ width: z.literal(8), height: z.number().int(), glyphs: base64 })
export type ScreenFont = z.infer<typeof fontSchema>

// --- the lab itself ---------------------------------------------------------------------------------------------------

export const doctorItemSchema = z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(['ok', 'missing', 'optional-missing', 'broken']),
  /** What was found: version and place; or what is missing. */
  detail: z.string(),
  /** The one thing to do, when something is to be done. */
  next: z.string().optional(),
})
export type DoctorItem = z.infer<typeof doctorItemSchema>

export const appInfoSchema = z.object({
  version: z.string(),
  door: z.enum(['electron', 'browser']),
  platform: z.string(),
  /** Whether `app.pickDirectory` opens a dialog; without it the person types a path. */
  canPickDirectory: z.boolean(),
  /** Whether drives can be written. In the browser they can not, unless the person who started the lab allowed it. */
  canFlash: z.boolean(),
  /** Folder that new projects are proposed in. */
  projectsDirectory: z.string(),
})
export type AppInfo = z.infer<typeof appInfoSchema>

/** What the application's menu shows: the language of its labels, and which commands (`commands/table.ts`) cannot be run now. */
export const appMenuSchema = z.strictObject({ language: z.enum(LANGUAGES), disabled: z.array(z.string().max(64)).max(256) })
export type AppMenu = z.infer<typeof appMenuSchema>

/** What the system asked Bootlab to open: a folder, or a file to boot; an absolute path, which need not exist. */
export const openedSchema = z.object({ kind: z.enum(['project', 'image']), path: z.string() })
export type Opened = z.infer<typeof openedSchema>

/** What the renderer remembers between runs: settings, layouts, open tabs, last project. Its own business, key by key. */
export const uiStateSchema = z.record(z.string().max(100), z.json())
export type UiState = z.infer<typeof uiStateSchema>

// --- the tables -------------------------------------------------------------------------------------------------------

export const calls = {
  'app.info': { args: nothing, result: appInfoSchema },
  /** Electron's folder dialog; null when the person cancelled. */
  'app.pickDirectory': { args: z.strictObject({ title: z.string().max(200) }), result: z.string().nullable() },

  'templates.list': { args: nothing, result: z.array(templateSchema) },

  /** Makes a project from a template; the folder must be new or empty. */
  'projects.create': {
    args: z.strictObject({ template: z.string().max(100), directory, name: z.string().min(1).max(64).optional() }),
    result: projectSchema,
  },
  'projects.open': { args: z.strictObject({ directory }), result: projectSchema },
  /** Looks at a folder without manifest. Nothing is written; fails when it is no kernel, or a project already. */
  'projects.planImport': { args: z.strictObject({ directory }), result: importPlanSchema },
  /** Writes what the plan said, and opens the project. No file is written over. */
  'projects.import': { args: z.strictObject({ directory }), result: projectSchema },
  'projects.recent': { args: nothing, result: z.array(recentProjectSchema) },
  /** Takes a project off the recent list. Its files stay. */
  'projects.forget': { args: z.strictObject({ directory }), result: z.null() },
  /** Files and folders, sorted by path, without `.git` and `node_modules`; `build` and `target` only with `results`. */
  'projects.listFiles': { args: z.strictObject({ directory, results: z.boolean().optional() }), result: z.array(fileEntrySchema) },
  'projects.readFile': { args: z.strictObject({ directory, path }), result: fileTextSchema },
  /**
   * Saves a file, atomically, and drops its draft. With `baseVersion`, refuses with code `file-changed` when the stored
   * file is another one by now. The result names the new version.
   */
  'projects.writeFile': {
    args: z.strictObject({ directory, path, text, baseVersion: version.optional() }),
    result: z.object({ version }),
  },
  ...fileCalls,
  ...formattingCalls,
  /** JSON schemas of `bootlab.json` and of the target specifications, for the editor. */
  'projects.schemas': { args: nothing, result: z.array(jsonSchemaEntrySchema) },

  'drafts.list': { args: z.strictObject({ directory }), result: z.array(draftSchema) },
  'drafts.save': { args: z.strictObject({ directory, path, text, baseVersion: version }), result: z.null() },
  'drafts.discard': { args: z.strictObject({ directory, path }), result: z.null() },

  /** Starts a machine; `machines.watch` shows it. Values left out come from the project or the defaults. */
  'machines.boot': {
    args: z.strictObject({
      source: bootSourceSchema,
      memoryMiB: z.number().int().min(1).max(3072).optional(),
      commandLine: z.string().max(MAX_COMMAND_LINE_BYTES).optional(),
      backend: z.enum(BACKENDS).optional(),
      cpu: z.enum(CPU_MODEL_NAMES).optional(),
      cpus: z.number().int().min(1).max(MOST_CPUS).optional(),
      /** What the image is put in as; else what it looks like. */
      medium: z.enum(BOOT_MEDIA).optional(),
      /** Image files in further drives, beside those that the project's manifest names. The guest's writes go to a copy in memory. */
      drives: z.array(insertedDriveSchema).max(MOST_EXTRA_DRIVES).optional(),
      /** The machine pauses there, the first time it comes to it. */
      pauseAt: bootPauseSchema.optional(),
      /** File of a saved state that the machine goes on from. Memory and processor are the state's; image, media and firmware must be as they were. */
      state: z.string().min(1).max(4096).optional(),
      /** A log that begins with the first instruction: the first `debug.log` with the same filter gets all of it. */
      log: logFilterSchema.optional(),
    }),
    result: z.object({ machine }),
  },
  'machines.stop': { args: z.strictObject({ machine }), result: z.null() },
  'machines.reset': { args: z.strictObject({ machine }), result: z.null() },
  /** Saves all that a machine holds to a file, whose name ends in `.blstate`; the machine goes on. Only a saved state is overwritten. */
  'machines.saveState': { args: z.strictObject({ machine, path: z.string().min(1).max(4096) }), result: z.object({ bytes: z.number().int() }) },
  'machines.keys': { args: z.strictObject({ machine, events: z.array(keyEventSchema).max(256) }), result: z.null() },
  'machines.mouse': { args: z.strictObject({ machine, moves: z.array(mouseMoveSchema).max(256) }), result: z.null() },
  'machines.serialInput': { args: z.strictObject({ machine, port: z.enum(SERIAL_PORTS).optional(), data: base64.max(65_536) }), result: z.null() },
  'machines.font': { args: nothing, result: fontSchema },

  ...debugCalls,

  'doctor.run': { args: nothing, result: z.array(doctorItemSchema) },
  /**
   * Examines a project's target specifications and what lies around them, with unsaved texts instead of the stored ones; null for a
   * project without specification.
   */
  'doctor.project': {
    args: z.strictObject({ directory, unsaved: z.array(z.strictObject({ path, text })).max(64) }),
    result: diagnosisSchema.nullable(),
  },

  'ui.get': { args: nothing, result: uiStateSchema },
  /** Sets the given keys (null removes one) and leaves the others. */
  'ui.set': { args: z.strictObject({ values: uiStateSchema }), result: z.null() },

  ...usbCalls,
  ...imageCalls,
  ...languageCalls(text),
} satisfies Record<string, { args: z.ZodType; result: z.ZodType }>

export const streams = {
  /** Shows a page's menu for as long as it listens; each event is a command that was chosen. Only a door with a menu has it. */
  'app.menu': { args: appMenuSchema, event: z.object({ command: z.string() }), end: z.null() },
  /**
   * What the system opens with Bootlab (a double click, an argument of its command), beginning with what nobody has heard of yet. Each event
   * goes to the page that listened last. Ends only when it is cancelled.
   */
  'app.opened': { args: nothing, event: openedSchema, end: z.null() },
  /** Builds a project: what it says as it comes, and the result. Cancelling stops the compiler. */
  'builds.run': { args: z.strictObject({ directory }), event: buildProgressSchema, end: buildResultSchema },
  /**
   * Shows a machine: first its present screen, serial output so far and state, then every change; ends with the report
   * when the machine ends. Cancelling only stops watching. A reset does not end it.
   */
  'machines.watch': { args: z.strictObject({ machine }), event: machineEventSchema, end: machineReportSchema },
  ...usbStreams,
  ...fileStreams,
  ...searchStreams,
  ...debugStreams,
  ...languageStreams,
} satisfies Record<string, { args: z.ZodType; event: z.ZodType; end: z.ZodType }>

// --- types of the tables ----------------------------------------------------------------------------------------------

export type CallName = keyof typeof calls
export type StreamName = keyof typeof streams
export type CallArgs = { [K in CallName]: z.output<(typeof calls)[K]['args']> }
export type CallResults = { [K in CallName]: z.output<(typeof calls)[K]['result']> }
export type StreamArgs = { [K in StreamName]: z.output<(typeof streams)[K]['args']> }
export type StreamEvents = { [K in StreamName]: z.output<(typeof streams)[K]['event']> }
export type StreamEnds = { [K in StreamName]: z.output<(typeof streams)[K]['end']> }

/** The tables again, typed by name, for code that is generic over the name. */
export const callTable: { [K in CallName]: { args: z.ZodType<CallArgs[K]>; result: z.ZodType<CallResults[K]> } } = calls
export const streamTable: {
  [K in StreamName]: { args: z.ZodType<StreamArgs[K]>; event: z.ZodType<StreamEvents[K]>; end: z.ZodType<StreamEnds[K]> }
} = streams

export const isCallName = (name: string): name is CallName => Object.hasOwn(calls, name)
export const isStreamName = (name: string): name is StreamName => Object.hasOwn(streams, name)
