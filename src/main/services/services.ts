/** All services, and the handlers with which a door offers them. */
import { readFile, stat } from 'node:fs/promises'
import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import envPaths from 'env-paths'
import type { Handlers } from '../../shared/channel'
import { DEFAULT_BACKEND } from '../../shared/machine-schemas'
import { jsonSchemaEntrySchema, type AppInfo, type AppMenu, type BootSource, type JsonSchemaEntry } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import type { StartOptions } from '../emulator/host/options'
import { textFont } from '../emulator/machine/font'
import { checkInputSize, rawDiskOf, withCommandLine } from '../image'
import { MANIFEST_FILE, manifestJsonSchema, openProject, targetJsonSchema } from '../project'
import { checkMedium, insertedDrives } from './boot-medium'
import { absolute } from './absolute'
import { bootFacts } from './booted-kernel'
import { Builder } from './builder'
import { BootedKernels, debugCalls, debugStreams } from './debug-calls'
import { doctor } from './doctor'
import { Drafts } from './drafts'
import { FileOperations } from './file-operations'
import { imagePathOf, imageSettings } from './image-settings'
import { formatText } from './formatters'
import { imageHandlers } from './image-explorer/calls'
import { explorerThread } from './image-explorer/thread'
import { describeImport, planImport, writeImport } from './imports'
import { createLanguageSessions, languageHandlers } from './language-calls'
import { locate, type Locations } from './locations'
import { FIRST_REHEARSAL, prepareWorker, startInWorker } from './machine-host'
import { Machines, type MachineStarter } from './machines'
import { OpenedPaths } from './opened'
import { ProjectDoctor } from './project-doctor'
import { ProgressSender } from './progress-sender'
import { ProjectFiles } from './project-files'
import { watchProject } from './project-watcher'
import { type Image, imageFileOf } from './image-file'
import { readRoms } from './firmware-files'
import { checkProcessors, machineOf, type MachineDescription } from './machine-description'
import { readState, requireStateFile, tryState, writeState } from './saved-states'
import { availableTemplates, createFromTemplate, openForEditing } from './projects'
import { RecentProjects } from './recent-projects'
import { searchProject } from './search/search'
import { systemShell, type SystemShell } from './system-shell'
import { UiStateStore } from './ui-state'
import { type UsbDialogs, usbHandlers } from './usb-calls'

/** Guest memory when neither the person nor a manifest says. */
export const DEFAULT_MEMORY_BYTES = 128 * 2 ** 20
/** What a file that belongs to no project boots in. */
export const ANY_MACHINE: MachineDescription = { memoryBytes: DEFAULT_MEMORY_BYTES, drives: [] }

/** How long the processor belongs to what a person waits for (a project that opens, a boot) before things are made ready for later. */
const PREPARE_MS = { open: 1500, boot: 500 } as const
/** On a small computer the machine that is about to be replaced stands still while the build is quick: it would take half of its time. */
const HOLD_MS = availableParallelism() < 4 ? 400 : 0
/** Does not keep the process alive. */
const later = (ms: number, work: () => void): void => void setTimeout(work, ms).unref()

/** Where the lab keeps what it remembers: BOOTLAB_DATA_DIR, else the system's place for an application's data. */
export const defaultDataDirectory = (): string => process.env['BOOTLAB_DATA_DIR'] || envPaths('bootlab', { suffix: '' }).data

export interface ServicesOptions {
  door: AppInfo['door']
  /** The system's dialogs, where the door has them. */
  pickDirectory?: (title: string) => Promise<string | null>
  pickFile?: UsbDialogs['pickFile']
  pickSavePath?: UsbDialogs['pickSavePath']
  /** What the system opens with the lab, where the door hears of it. */
  opened?: OpenedPaths
  /** Whether drives may be written: always from the window, from a browser only by the word of whoever starts the lab. */
  allowFlash?: boolean
  /** Shows the application's menu, where the door has one, and hears what is chosen. Returns a function that stops hearing. */
  showMenu?: (menu: AppMenu, onCommand: (command: string) => void) => () => void
  /** Trash and file manager; by programs of the system when absent. */
  shell?: SystemShell
  /** `defaultDataDirectory()` when absent. */
  dataDirectory?: string
  /** How machines are started; in threads with the worker of the built product when absent. */
  startMachine?: MachineStarter
  /** Hears of defects that do not fail a request. */
  onDefect?: (message: string, error?: unknown) => void
}

export interface Services {
  handlers: Handlers
  locations: Locations
  /** Ends all machines and lets writes that have begun come to their end. */
  close(): Promise<void>
}

export function createServices(options: ServicesOptions): Services {
  const { door, pickDirectory, pickFile, pickSavePath, showMenu, opened = new OpenedPaths() } = options
  const canFlash = door === 'electron' || options.allowFlash === true
  const onDefect = options.onDefect ?? ((message: string) => console.error(message))
  const dataDirectory = options.dataDirectory ?? defaultDataDirectory()
  const locations = locate()
  const files = new ProjectFiles()
  const operations = new FileOperations(options.shell ?? systemShell)
  const drafts = new Drafts(dataDirectory, onDefect)
  const recent = new RecentProjects(dataDirectory)
  const ui = new UiStateStore(dataDirectory)
  const builder = new Builder()
  const projectDoctor = new ProjectDoctor()
  const machines = new Machines(options.startMachine ?? startInWorker)
  const kernels = new BootedKernels()
  const usb = usbHandlers({ builder, canFlash, pickFile, pickSavePath })
  const images = explorerThread()
  const languageSessions = createLanguageSessions(files)
  const languages = languageHandlers(languageSessions, (directory) => projectFolder(directory))
  /** A changed file may change how all are compiled. */
  const refreshLanguages = (folder: string): void => void languageSessions.refresh(folder).catch((error: unknown) => onDefect('A language server could not be told of a change', error))
  const writes = new Set<Promise<unknown>>()
  /** Notes a write, so that `close` waits for it: a page saves its last text while it goes away. */
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    const write = work()
    writes.add(write)
    try {
      return await write
    } finally {
      writes.delete(write)
    }
  }

  const calls: Handlers['calls'] = {
    'app.info': async () => ({
      version: locations.version,
      door,
      platform: process.platform,
      canPickDirectory: pickDirectory !== undefined,
      canFlash,
      projectsDirectory: process.env['BOOTLAB_PROJECTS_DIR'] || join(homedir(), 'bootlab'),
    }),
    'app.pickDirectory': async ({ title }) => {
      if (pickDirectory) return pickDirectory(title)
      throw new LabError({ code: 'unsupported', what: 'The browser has no folder dialog.', next: 'Type the path.' })
    },

    'templates.list': () => availableTemplates(locations),

    'projects.create': async ({ template, directory, name }) => {
      const project = await createFromTemplate(locations, template, absolute(directory), name)
      await recent.add(project.directory, project.name)
      return project
    },
    'projects.open': async ({ directory }) => {
      const project = await openForEditing(absolute(directory))
      await recent.add(project.directory, project.name)
      later(PREPARE_MS.open, () => {
        // The first build shall not wait for the boot loader; a failure shows when a build needs it.
        builder.loader().catch(() => undefined)
        prepareWorker(FIRST_REHEARSAL)
      })
      return project
    },
    'projects.planImport': async ({ directory }) => describeImport(await planImport(absolute(directory))),
    'projects.import': ({ directory }) =>
      writing(async () => {
        await writeImport(await planImport(absolute(directory)))
        const project = await openForEditing(absolute(directory))
        await recent.add(project.directory, project.name)
        return project
      }),
    'projects.recent': () => recent.list(),
    'projects.forget': async ({ directory }) => {
      await recent.forget(directory)
      return null
    },
    'projects.listFiles': async ({ directory, results }) => files.list(await projectFolder(directory), results),
    'projects.readFile': async ({ directory, path }) => files.read(await projectFolder(directory), path),
    'projects.writeFile': ({ directory, path, text, baseVersion }) =>
      writing(async () => {
        const folder = await projectFolder(directory)
        const version = await files.write(folder, path, text, baseVersion)
        await drafts.discard(folder, path)
        refreshLanguages(folder)
        return { version }
      }),
    'projects.createFile': ({ directory, path }) =>
      writing(async () => {
        await operations.createFile(await projectFolder(directory), path)
        return null
      }),
    'projects.createFolder': ({ directory, path }) =>
      writing(async () => {
        await operations.createFolder(await projectFolder(directory), path)
        return null
      }),
    'projects.rename': ({ directory, from, to }) =>
      writing(async () => {
        const folder = await projectFolder(directory)
        await operations.rename(folder, from, to)
        await drafts.move(folder, from, to)
        return null
      }),
    'projects.delete': ({ directory, path, forGood }) =>
      writing(async () => {
        await operations.delete(await projectFolder(directory), path, forGood)
        return null
      }),
    'projects.reveal': async ({ directory, path }) => {
      await operations.reveal(await projectFolder(directory), path)
      return null
    },
    'files.format': async ({ directory, ...rest }, { signal }) => ({ text: await formatText({ directory: await projectFolder(directory), ...rest }, signal) }),
    'projects.schemas': async () => editorSchemas(),

    'drafts.list': async ({ directory }) => drafts.list(absolute(directory)),
    'drafts.save': ({ directory, path, text, baseVersion }) =>
      writing(async () => {
        await drafts.save(await projectFolder(directory), { path, text, baseVersion })
        return null
      }),
    'drafts.discard': ({ directory, path }) =>
      writing(async () => {
        await drafts.discard(absolute(directory), path)
        return null
      }),

    'machines.boot': async ({ source, memoryMiB, commandLine, backend, pauseAt, cpu, cpus, medium, drives = [], log, state }) => {
      const saved = state === undefined ? undefined : await readState(absolute(state))
      const { image, described } = await bootable(builder, source, commandLine)
      const asked = medium ?? described.medium
      checkMedium(image, asked, source.type === 'file' ? source.path : source.directory, described.bus)
      const inserted = await insertedDrives(image, asked, [...described.drives, ...drives], (path) => readInput(absolute(path)))
      const memoryBytes = saved ? saved.machine.memoryBytes : memoryMiB === undefined ? described.memoryBytes : memoryMiB * 2 ** 20
      const facts = bootFacts(image)
      const [model, processors] = [saved?.machine.model ?? cpu ?? described.model, saved?.machine.processors ?? cpus ?? described.cpus]
      checkProcessors(model, processors)
      const start: StartOptions = {
        image, model, processors, medium: asked, bus: described.bus, drives: inserted, roms: described.firmware && (await readRoms(described.firmware.bios, described.firmware.vga, described.firmware.variables)), boot: described.boot, memoryBytes, backend: backend ?? DEFAULT_BACKEND, pace: described.pace ?? 'realtime',
        ...(described.without ? { without: [...described.without] } : {}),
        startDate: described.startDate ?? Date.now(), marks: facts.marks, ...(pauseAt ? { pauseAt } : {}), ...(log ? { log: { filter: log } } : {}), ...(saved ? { state: saved.bytes } : {}),
      }
      tryState(start, state ?? '')
      const machine = machines.boot(start)
      kernels.booted(machine, source, facts)
      later(PREPARE_MS.boot, () => prepareWorker({ ...start, state: undefined }))
      return { machine }
    },
    'machines.stop': async ({ machine }) => {
      await machines.stop(machine)
      return null
    },
    'machines.reset': async ({ machine }) => {
      machines.reset(machine)
      return null
    },
    'machines.saveState': ({ machine, path }) =>
      writing(async () => {
        await requireStateFile(absolute(path))
        const bytes = await machines.ask(machine, 'saveState', {})
        await writeState(absolute(path), bytes)
        return { bytes: bytes.length }
      }),
    'machines.keys': async ({ machine, events }) => {
      machines.keys(machine, events)
      return null
    },
    'machines.mouse': async ({ machine, moves }) => {
      machines.mouse(machine, moves)
      return null
    },
    'machines.serialInput': async ({ machine, port, data }) => {
      machines.serialInput(machine, new Uint8Array(Buffer.from(data, 'base64')), port)
      return null
    },
    'machines.font': async () => ({
      width: textFont.width,
      height: textFont.height,
      glyphs: Buffer.from(textFont.bitmap).toString('base64'),
    }),

    ...debugCalls(machines, kernels),

    'doctor.run': (_args, { signal }) => {
      projectDoctor.forget()
      return doctor(locations, dataDirectory, signal)
    },
    'doctor.project': async ({ directory, unsaved }, { signal }) => (await projectDoctor.diagnose(await projectFolder(directory), unsaved, signal)) ?? null,

    'ui.get': () => ui.get(),
    'ui.set': ({ values }) =>
      writing(async () => {
        await ui.set(values)
        return null
      }),

    ...usb.calls,
    ...imageHandlers({ ask: images.ask, anyFile: canFlash }),
    ...languages.calls,
  }

  const streams: Handlers['streams'] = {
    'app.menu': (menu, { emit, signal }) =>
      new Promise((end, reject) => {
        if (!showMenu) return reject(new LabError({ code: 'unsupported', what: 'The browser has no menu of the lab.', next: 'Use the palette.' }))
        const stop = showMenu(menu, (command) => emit({ command }))
        signal.addEventListener('abort', () => {
          stop()
          end(null)
        })
      }),
    'app.opened': (_args, { emit, signal }) => opened.listen(emit, signal),
    'builds.run': async ({ directory }, context) => {
      const progress = new ProgressSender(context)
      // Most builds are made for a boot.
      prepareWorker()
      machines.hold(HOLD_MS)
      let ok = false
      try {
        const { result } = await builder.build(await projectFolder(directory), { onLog: progress.line, onStep: progress.step, signal: context.signal })
        ok = result.ok
        return result
      } finally {
        progress.finish()
        // Else it is stopped in a moment.
        if (!ok) machines.hold(0)
      }
    },
    'machines.watch': ({ machine }, context) => machines.watch(machine, context, context.signal),
    'projects.changes': async ({ directory }, { emit, signal }) => watchProject(await projectFolder(directory), emit, signal),
    'search.run': async ({ directory, ...rest }, { emit, signal }) =>
      searchProject(files, { directory: await projectFolder(directory), ...rest }, { emit, signal, worker: pathToFileURL(locations.searchWorker) }),
    ...usb.streams,
    ...languages.streams,
    ...debugStreams(machines),
  }

  const close = async (): Promise<void> => {
    // A write that fails is its caller's matter.
    await Promise.allSettled([machines.close(), images.close(), languageSessions.close(), ...writes])
  }
  return { handlers: { calls, streams }, locations, close }
}

/** The image to boot, and the machine that its project asks for. */
export async function bootable(builder: Builder, source: BootSource, commandLine?: string): Promise<{ image: Image; described: MachineDescription }> {
  if (source.type === 'file') {
    const path = absolute(source.path)
    const file = commandLine === undefined ? await imageFileOf(path, { write: false, bootable: true }) : undefined
    return { image: file ?? await builder.imageOf(await readInput(path), path, commandLine), described: ANY_MACHINE }
  }
  const project = await openProject(absolute(source.directory))
  const described = await machineOf(project)
  const path = imagePathOf(project, imageSettings(project))
  if (commandLine !== undefined && commandLine !== project.manifest.run.append) {
    // The image knows all that the build knew of the kernel; the ELF file alone does not.
    return { image: await withCommandLine(rawDiskOf(await readInput(path), path), commandLine, path), described }
  }
  return { image: await builder.imageOf(await readInput(path), path), described }
}

/**
 * A kernel's or image's bytes.
 * @throws LabError when the file cannot be read; ImageError when it is empty or too large
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new LabError({ code: 'bad-input', what: 'This is not a file.', where: path, next: 'Name a disk image or a kernel (ELF).' })
    checkInputSize(found.size, path)
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
    const what = missing ? 'There is no such file.' : `The file cannot be read: ${error.message}.`
    throw new LabError({ code: missing ? 'not-found' : 'bad-input', what, where: path, next: 'Build the project, or check the path.' }, { cause: error })
  }
}

function editorSchemas(): JsonSchemaEntry[] {
  return [
    editorSchema('bootlab', [MANIFEST_FILE], manifestJsonSchema()),
    // A target specification may have any name; of a project's JSON files the manifest is the only other kind.
    editorSchema('target', ['*.json', `!${MANIFEST_FILE}`], targetJsonSchema()),
  ]
}

function editorSchema(name: string, fileMatch: string[], schema: unknown): JsonSchemaEntry {
  return { uri: `bootlab://schemas/${name}.json`, fileMatch, schema: jsonObject(schema) }
}

function jsonObject(value: unknown): JsonSchemaEntry['schema'] {
  return jsonSchemaEntrySchema.shape.schema.parse(JSON.parse(JSON.stringify(value)))
}

/** A folder whose files may be read and written: one with a manifest. */
async function projectFolder(directory: string): Promise<string> {
  const folder = absolute(directory)
  const manifest = join(folder, MANIFEST_FILE)
  const found = await stat(manifest).catch(() => undefined)
  if (found?.isFile()) return folder
  throw new LabError({ code: 'not-found', what: 'There is no project here.', where: folder, why: `It holds no ${MANIFEST_FILE}.`, next: 'Open another folder, or make a new project.' })
}
