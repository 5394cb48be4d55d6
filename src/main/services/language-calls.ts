/** Language servers as the doors offer them, and what each is told of a project. */
import { access, realpath } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import type { Handlers } from '../../shared/channel'
import { MAX_TEXT_LENGTH } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import type { LanguageServerId } from '../../shared/language-servers'
import { writeFileAtomically } from '../files/atomic'
import { LanguageSessions, type ServerSetup } from '../languages'
import { openProject, pathFault, ProjectError, type Project, type RustManifest } from '../project'
import { cacheFolder, compileCommandsText, contentKey, fallbackFlags } from '../toolchain'
import { ProjectFiles } from './project-files'

type LanguageCalls = Pick<Handlers['calls'], Extract<keyof Handlers['calls'], `languages.${string}`>>
type LanguageStreams = Pick<Handlers['streams'], Extract<keyof Handlers['streams'], `languages.${string}`>>

const HEADER = /\.(h|hh|hpp)$/

export function createLanguageSessions(files: ProjectFiles): LanguageSessions {
  const prepare = async (directory: string, server: LanguageServerId): Promise<ServerSetup> => {
    // Servers resolve links, and would not know a file by another path.
    const real = await realpath(directory)
    return setups[server](await projectOf(real), real, files)
  }
  return new LanguageSessions({ mostText: MAX_TEXT_LENGTH, prepare })
}

/** @param folderOf the folder of a page's project, checked */
export function languageHandlers(sessions: LanguageSessions, folderOf: (directory: string) => Promise<string>): { calls: LanguageCalls; streams: LanguageStreams } {
  return {
    calls: {
      'languages.update': async ({ session, path, text }) => {
        sessions.update(session, inside(path), text)
        return null
      },
      'languages.close': async ({ session, path }) => {
        sessions.closeFile(session, inside(path))
        return null
      },
      'languages.complete': async ({ session, trigger, ...place }, { signal }) => sessions.complete(session, place, trigger, signal),
      'languages.resolve': async ({ session, list, index }, { signal }) => sessions.resolve(session, list, index, signal),
      'languages.hover': async ({ session, ...place }, { signal }) => sessions.hover(session, place, signal),
      'languages.definition': async ({ session, ...place }, { signal }) => sessions.definition(session, place, signal),
      'languages.signatures': async ({ session, trigger, retrigger, ...place }, { signal }) => sessions.signatures(session, place, trigger, retrigger, signal),
    },
    streams: {
      'languages.watch': async ({ directory, server, session }, { emit, signal }) => sessions.watch(await folderOf(directory), server, session, emit, signal),
    },
  }
}

/** Only of files that are open may be asked, so that this is all that checks a path. */
function inside(path: string): string {
  const fault = pathFault(path)
  if (fault === undefined) return path
  throw new LabError({ code: 'outside', what: 'This path is not a file of the project.', where: path, why: `${fault}.`, next: 'Name a file inside the project.' })
}

/** Undefined while the manifest has mistakes. */
async function projectOf(directory: string): Promise<Project | undefined> {
  try {
    return await openProject(directory)
  } catch (error) {
    if (error instanceof ProjectError) return undefined
    throw error
  }
}

const setups: Readonly<Record<LanguageServerId, (project: Project | undefined, directory: string, files: ProjectFiles) => Promise<ServerSetup>>> = { clangd: setUpClangd, 'rust-analyzer': setUpRustAnalyzer }

/** clangd reads the flags from a folder of the cache, and keeps its index there. */
async function setUpClangd(project: Project | undefined, directory: string, files: ProjectFiles): Promise<ServerSetup> {
  const folder = await cacheFolder('clangd', contentKey([directory]))
  const commands = (project && (await compileCommandsText(project))) ?? '[]\n'
  await writeFileAtomically(join(folder, 'compile_commands.json'), new TextEncoder().encode(commands))
  const folders = new Set((await files.list(directory)).filter(({ kind, path }) => kind === 'file' && HEADER.test(path)).map(({ path }) => posix.dirname(path)))
  const fallback = fallbackFlags([...folders].map((one) => join(directory, one)))
  return { args: [`--compile-commands-dir=${folder}`], env: { XDG_CACHE_HOME: folder }, initializationOptions: { fallbackFlags: fallback }, fingerprint: contentKey([commands, ...fallback]) }
}

/**
 * rust-analyzer reads the project through cargo. It may neither compile (target/) nor write Cargo.lock there: nothing is checked on saving, no
 * build script and no macro of a crate is run, and crates are known once a build has written the lock file.
 */
async function setUpRustAnalyzer(project: Project | undefined, directory: string): Promise<ServerSetup> {
  const manifest = project?.manifest.kind === 'rust' ? project.manifest : undefined
  const cargoToml = join(directory, manifest?.manifestPath ?? 'Cargo.toml')
  const target = manifest && targetOf(manifest, directory)
  const locked = await isLocked(cargoToml, directory)
  const folder = await cacheFolder('rust-analyzer', contentKey([directory]))
  const initializationOptions = {
    linkedProjects: [cargoToml],
    checkOnSave: false,
    cachePriming: { enable: false },
    procMacro: { enable: false },
    cargo: {
      ...(target === undefined ? {} : { target }),
      buildScripts: { enable: false },
      allTargets: false,
      targetDir: folder,
      features: manifest?.features ?? [],
      noDefaultFeatures: manifest?.defaultFeatures === false,
      ...(locked ? { extraArgs: ['--locked'] } : { noDeps: true }),
      // Specifications of one's own are unstable.
      extraEnv: { RUSTC_BOOTSTRAP: '1' },
    },
  }
  return { args: [], env: {}, initializationOptions, fingerprint: contentKey([JSON.stringify(initializationOptions)]) }
}

function targetOf({ target }: RustManifest, directory: string): string | undefined {
  return target?.endsWith('.json') ? join(directory, target) : target
}

/** Whether there is a Cargo.lock for a package: beside its Cargo.toml, or above it in the project. */
async function isLocked(cargoToml: string, directory: string): Promise<boolean> {
  for (let folder = dirname(cargoToml); ; folder = dirname(folder)) {
    // eslint-disable-next-line no-await-in-loop
    const found = await access(join(folder, 'Cargo.lock')).then(() => true, () => false)
    if (found) return true
    if (folder === directory || folder === dirname(folder)) return false
  }
}
