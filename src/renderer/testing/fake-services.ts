/** Services for tests: one project in memory behind a real channel, with a switch to cut the connection. */
import { serveChannel, type Handlers, type Port } from '../../shared/channel'
import type { BuildResult, Draft, MachineEvent, Opened } from '../../shared/contract'
import type { Diagnosis } from '../../shared/diagnosis'
import { LabError } from '../../shared/failure'
import type { LanguageServerState } from '../../shared/language-servers'
import type { MachineReport } from '../../shared/machine-schemas'
import type { LogEvent } from '../../shared/problems'
import type { OpenPort } from '../app/transport'
import { createFakeDebug } from './fake-debug'
import { createFakeImages } from './fake-images'
import { createFakeUsb } from './fake-usb'

export const DIRECTORY = '/projects/demo'
/** Holds sources, and no manifest. */
export const BARE_DIRECTORY = '/projects/bare'

/** A stand-in for SHA-256 that depends on every character, as long as the contract wants it. */
export function versionOf(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const character of text) hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n)
  return hash.toString(16).padStart(64, '0')
}

export interface FakeMachine {
  emit(event: MachineEvent): void
  end(report: MachineReport): void
}

const missing = (name: string) => async (): Promise<never> => {
  throw new LabError({ code: 'internal', what: `The test's services have no ${name}.` })
}

export function createFakeServices() {
  const files = new Map([
    ['kernel.c', 'int main;\n'],
    ['bootlab.json', '{}\n'],
  ])
  const drafts = new Map<string, Draft>()
  const machines = new Map<string, FakeMachine>()
  const log: string[] = []
  /** What language servers were told and asked. */
  const asked: string[] = []
  let uiState: Record<string, unknown> = {}
  let known: string[] = []
  /** The system: what it opens with Bootlab, once the page listens. */
  const system: { open: ((opened: Opened) => void) | undefined; noTrash: boolean; changed: (() => void) | undefined } = { open: undefined, noTrash: false, changed: undefined }
  /** What a build says; without a result it runs until it is cancelled. */
  const script: { languages: LanguageServerState; build: { log: LogEvent[]; result: BuildResult | undefined }; diagnose: (unsaved: readonly { path: string; text: string }[]) => Diagnosis | null } = {
    languages: { status: 'missing', install: 'get it' },
    build: { log: [], result: { ok: true, problems: [], steps: [], milliseconds: 1 } },
    diagnose: () => null,
  }

  const usb = createFakeUsb(log)
  const debug = createFakeDebug(log)
  const images = createFakeImages(log)
  const project = { directory: DIRECTORY, name: 'demo', language: 'C', entry: 'kernel.c', open: ['kernel.c', 'bootlab.json'], problems: [], memoryMiB: 128, commandLine: '' }
  const calls: Handlers['calls'] = {
    'app.pickDirectory': missing('app.pickDirectory'),
    'projects.create': missing('projects.create'),
    'projects.planImport': async ({ directory }) => {
      if (directory !== BARE_DIRECTORY) throw new LabError({ code: 'bad-input', what: 'Nothing to import.', where: directory })
      return { directory, name: 'bare', kind: 'c', files: [], guesses: [], warnings: [] }
    },
    'projects.import': async ({ directory }) => {
      log.push(`import ${directory}`)
      return project
    },
    'projects.forget': missing('projects.forget'),
    'debug.registers': missing('debug.registers'),
    'debug.lookAt': missing('debug.lookAt'),
    'debug.setRegister': missing('debug.setRegister'),
    'debug.memory': missing('debug.memory'),
    'debug.survey': missing('debug.survey'),
    'debug.setMemory': missing('debug.setMemory'),
    'debug.disassemble': missing('debug.disassemble'),
    'debug.stack': missing('debug.stack'),
    'debug.descriptors': missing('debug.descriptors'),
    'debug.taskState': missing('debug.taskState'),
    'debug.pageWalk': missing('debug.pageWalk'),
    'debug.mappings': missing('debug.mappings'),
    'debug.devices': missing('debug.devices'),
    'debug.find': missing('debug.find'),
    'debug.kernel': missing('debug.kernel'),
    'machines.reset': missing('machines.reset'),
    'machines.saveState': missing('machines.saveState'),
    'machines.keys': missing('machines.keys'),
    'machines.mouse': missing('machines.mouse'),
    'machines.serialInput': missing('machines.serialInput'),
    'languages.update': async ({ path, text }) => {
      asked.push(`tell ${path}: ${text}`)
      return null
    },
    'languages.close': async ({ path }) => {
      asked.push(`close ${path}`)
      return null
    },
    'languages.complete': async ({ path, line, column }) => {
      asked.push(`complete ${path}:${line}:${column}`)
      return { list: 1, incomplete: false, resolvable: false, items: [] }
    },
    'languages.resolve': missing('languages.resolve'),
    'languages.hover': missing('languages.hover'),
    'languages.definition': missing('languages.definition'),
    'languages.signatures': missing('languages.signatures'),
    'doctor.run': async () => [],
    'doctor.project': async ({ unsaved }) => script.diagnose(unsaved),
    'app.info': async () => ({ version: '0', door: 'browser', platform: 'linux', canPickDirectory: false, canFlash: usb.fake.canFlash, projectsDirectory: '/projects' }),
    'templates.list': async () => [{ id: 'c', title: 'C', teaches: 'C.', language: 'C', step: 1 }],
    'projects.createFile': async ({ path }) => {
      if (files.has(path)) throw new LabError({ code: 'exists', what: 'It exists.', where: path })
      files.set(path, '')
      return null
    },
    'projects.createFolder': missing('projects.createFolder'),
    'projects.rename': async ({ from, to }) => {
      log.push(`rename ${from} ${to}`)
      const moved = (path: string): string => (path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path)
      for (const [path, text] of Array.from(files)) {
        files.delete(path)
        files.set(moved(path), text)
      }
      for (const [path, draft] of Array.from(drafts)) {
        drafts.delete(path)
        drafts.set(moved(path), { ...draft, path: moved(path) })
      }
      return null
    },
    'projects.delete': async ({ path, forGood }) => {
      if (!forGood && system.noTrash) throw new LabError({ code: 'no-trash', what: 'No trash.', where: path })
      log.push(`delete ${path}${forGood ? ' for good' : ''}`)
      for (const one of Array.from(files.keys())) if (one === path || one.startsWith(`${path}/`)) files.delete(one)
      return null
    },
    'projects.reveal': missing('projects.reveal'),
    'files.format': async ({ text }) => ({ text: text.replaceAll(/ +/g, ' ') }),
    'projects.schemas': async () => [],
    'projects.recent': async () => known.map((directory) => ({ directory, name: 'demo', openedAt: 0, present: true })),
    'projects.open': async ({ directory }) => {
      if (directory !== DIRECTORY) throw new LabError({ code: 'not-found', what: 'No such project.', where: directory })
      known = [directory]
      return project
    },
    'projects.listFiles': async () => [...files].map(([path, text]) => ({ path, kind: 'file', size: text.length })),
    'projects.readFile': async ({ path }) => {
      const text = files.get(path)
      if (text === undefined) throw new LabError({ code: 'not-found', what: 'No such file.', where: path })
      return { text, version: versionOf(text) }
    },
    'projects.writeFile': async ({ path, text, baseVersion }) => {
      const stored = files.get(path)
      if (baseVersion !== undefined && baseVersion !== versionOf(stored ?? '')) {
        throw new LabError({ code: 'file-changed', what: 'The file changed.', where: path })
      }
      log.push(`write ${path}`)
      files.set(path, text)
      drafts.delete(path)
      return { version: versionOf(text) }
    },
    'drafts.list': async () => [...drafts.values()],
    'drafts.save': async ({ path, text, baseVersion }) => {
      log.push(`draft ${path}`)
      drafts.set(path, { path, text, baseVersion, savedAt: 0 })
      return null
    },
    'drafts.discard': async ({ path }) => {
      drafts.delete(path)
      return null
    },
    'machines.font': async () => ({ width: 8, height: 16, glyphs: '' }),
    'machines.boot': async ({ source, pauseAt }) => {
      log.push([source.type === 'file' ? `boot ${source.path}` : 'boot', ...(pauseAt === undefined ? [] : [`paused at ${pauseAt}`])].join(' '))
      return { machine: `m${log.length}` }
    },
    'machines.stop': async ({ machine }) => {
      log.push(`stop ${machine}`)
      const running = machines.get(machine)
      if (!running) throw new LabError({ code: 'not-found', what: 'No such machine.' })
      running.end({ reason: 'stopped', summary: 'Stopped.', lines: [], instructions: 7 })
      return null
    },
    'ui.get': async () => JSON.parse(JSON.stringify(uiState)),
    'ui.set': async ({ values }) => {
      uiState = { ...uiState, ...values }
      return null
    },
    ...debug.calls,
    ...usb.calls,
    ...images.calls,
  }
  const streams: Handlers['streams'] = {
    'app.menu': missing('app.menu'),
    'app.opened': (_args, { emit, signal }) =>
      new Promise((resolve) => {
        system.open = emit
        signal.addEventListener('abort', () => resolve(null))
      }),
    'debug.log': missing('debug.log'),
    'projects.changes': (_args, { emit, signal }) =>
      new Promise((resolve) => {
        system.changed = () => emit({ paths: [] })
        signal.addEventListener('abort', () => resolve(null))
      }),
    'search.run': missing('search.run'),
    'languages.watch': async ({ server }, { emit, signal }) => {
      asked.push(`watch ${server}`)
      emit(script.languages)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)))
    },
    'builds.run': async (_args, { emit, signal }) => {
      log.push('build')
      emit({ steps: [], lines: script.build.log })
      if (script.build.result) return script.build.result
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          log.push('build cancelled')
          reject(new LabError({ code: 'cancelled', what: 'Cancelled.' }))
        })
      })
    },
    'machines.watch': ({ machine }, { emit, signal }) =>
      new Promise((resolve, reject) => {
        const end = (report: MachineReport): void => {
          machines.delete(machine)
          resolve(report)
        }
        machines.set(machine, { emit, end })
        signal.addEventListener('abort', () => reject(new LabError({ code: 'cancelled', what: 'Cancelled.' })))
      }),
    ...usb.streams,
  }

  const handlers: Handlers = { calls, streams }
  let reachable = true
  let cutCurrent: (() => void) | undefined
  const openPort: OpenPort = async () => {
    if (!reachable) throw new LabError({ code: 'disconnected', what: 'Unreachable.' })
    const [client, server] = portPair()
    serveChannel(server, handlers)
    cutCurrent = () => server.close()
    return client
  }
  return {
    openPort,
    files,
    drafts,
    machines,
    log,
    asked,
    script,
    system,
    usb: usb.fake,
    debug,
    images: images.fake,
    ui: () => uiState,
    /** Closes the connection; while `stayAway`, new ones fail. */
    cut(stayAway = false) {
      reachable = !stayAway
      cutCurrent?.()
    },
    comeBack() {
      reachable = true
    },
  }
}

/** Two ends of one connection; messages arrive asynchronously, as over a socket. */
function portPair(): [Port, Port] {
  const ends = [0, 1].map(() => ({ messages: new Set<(message: string) => void>(), closes: new Set<() => void>() }))
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    for (const end of ends) for (const listener of end.closes) listener()
  }
  const portOf = (mine: number, other: number): Port => ({
    send: (message) => {
      if (open) setTimeout(() => open && ends[other]?.messages.forEach((listener) => listener(message)), 0)
    },
    onMessage: (listener) => {
      ends[mine]?.messages.add(listener)
      return () => ends[mine]?.messages.delete(listener)
    },
    onClose: (listener) => {
      ends[mine]?.closes.add(listener)
      return () => ends[mine]?.closes.delete(listener)
    },
    close,
  })
  return [portOf(0, 1), portOf(1, 0)]
}
