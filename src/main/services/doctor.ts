/** What is here, what is missing, what to do: for `bootlab doctor` and the window. */
import { existsSync, readFileSync } from 'node:fs'
import { access, constants, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DoctorItem } from '../../shared/contract'
import { LANGUAGE_SERVERS, type LanguageServerId } from '../../shared/language-servers'
import { findServer, installCommand } from '../languages'
import { cacheDirectory, toolchainReport, type ToolReport } from '../toolchain'
import type { Locations } from './locations'

const statuses = { ok: 'ok', missing: 'missing', optional: 'optional-missing' } as const satisfies Record<ToolReport['status'], DoctorItem['status']>

/** Never rejects for something that is missing; that is what it reports. */
export async function doctor(locations: Locations, dataDirectory: string, signal?: AbortSignal): Promise<DoctorItem[]> {
  const [tools, servers] = await Promise.all([toolchainReport(locations.root, signal), Promise.all(LANGUAGE_SERVERS.map(reportServer))])
  return [
    reportLab(locations),
    ...tools.map(({ name, status, detail, purpose, next }) => ({
      id: name,
      title: name,
      status: statuses[status],
      detail: `${detail.replace(/\.?$/, '.')} ${purpose}`,
      ...(next === undefined ? {} : { next }),
    })),
    ...servers,
    reportWindow(locations),
    await reportFolder('data', 'Folder for drafts and settings', dataDirectory, 'BOOTLAB_DATA_DIR'),
    await reportFolder('cache', 'Folder for what can be made again', cacheDirectory(), 'BOOTLAB_CACHE_DIR'),
  ]
}

function reportLab({ version, root, renderer }: Locations): DoctorItem {
  const title = 'Bootlab'
  const detail = `${version} at ${root}, on ${process.versions.electron ? `Electron ${process.versions.electron}` : `Node ${process.versions.node}`}, ${process.platform} ${process.arch}.`
  if (existsSync(join(renderer, 'index.html'))) return { id: 'bootlab', title, status: 'ok', detail }
  return { id: 'bootlab', title, status: 'missing', detail: `${detail} Its window is not built.`, next: 'Run `npm run build`.' }
}

const SERVES: Readonly<Record<LanguageServerId, string>> = { clangd: 'C', 'rust-analyzer': 'Rust' }

async function reportServer(id: LanguageServerId): Promise<DoctorItem> {
  const purpose = `Completes and explains ${SERVES[id]} in the editor.`
  const found = await findServer(id)
  if (found) return { id, title: id, status: 'ok', detail: `${[found.version, found.command].filter((part) => part !== '').join(' at ')}. ${purpose}` }
  return { id, title: id, status: 'optional-missing', detail: `It was not found. ${purpose}`, next: `Install it: ${installCommand(id)}.` }
}

/** Electron's package notes in path.txt where its binary is, once that has been downloaded. */
function reportWindow({ root }: Locations): DoctorItem {
  const item = { id: 'electron', title: 'Electron (the window)' }
  const folder = join(root, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  const binary = existsSync(pathFile) ? join(folder, 'dist', readFileSync(pathFile, 'utf8')) : undefined
  if (process.versions.electron) return { ...item, status: 'ok', detail: `${process.versions.electron}, running now.` }
  if (binary !== undefined && existsSync(binary)) return { ...item, status: 'ok', detail: `${binary}.` }
  return { ...item, status: 'optional-missing', detail: 'Its binary is not installed. Without it the lab opens in the browser.', next: 'Run `npx install-electron`.' }
}

async function reportFolder(id: string, title: string, folder: string, variable: string): Promise<DoctorItem> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return { id, title, status: 'ok', detail: `${folder}.` }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { id, title, status: 'broken', detail: `It cannot be written: ${why}.`, next: `Mend ${dirname(folder)}, or name another folder in ${variable}.` }
  }
}
