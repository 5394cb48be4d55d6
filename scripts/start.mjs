/**
 * `npm start`: opens the lab. In its window when Electron is here or can be had; else in the browser, and says why in one line.
 * `npm start -- --browser` chooses the browser; BOOTLAB_NO_OPEN=1 prints its address instead of opening it.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { buildIfStale, root } from './build-if-stale.mjs'

/** How long the release server may take to answer at all, and Electron to arrive from it. */
const PROBE_MILLISECONDS = 4_000
const DOWNLOAD_MILLISECONDS = 300_000
/** A window that ends with an error this soon never opened (no sandbox, missing libraries). */
const NEVER_OPENED_MILLISECONDS = 5_000

const electronFolder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))

/** @returns {string | undefined} path of the Electron binary, when it is installed */
function electronBinary() {
  const pathFile = join(electronFolder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const binary = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electronFolder, 'dist'), readFileSync(pathFile, 'utf8'))
  return existsSync(binary) ? binary : undefined
}

/** Asks the release server whether it has the binary. A mirror has its own layout, so it is tried at once. */
async function canDownload() {
  if (process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror) return true
  const { version } = JSON.parse(readFileSync(join(electronFolder, 'package.json'), 'utf8'))
  const file = `electron-v${version}-${process.platform}-${process.arch}.zip`
  try {
    const url = `https://github.com/electron/electron/releases/download/v${version}/${file}`
    return (await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MILLISECONDS) })).ok
  } catch {
    // No network, no name service, a proxy that refuses: for us all mean "cannot be had".
    return false
  }
}

/**
 * Runs a program to its end.
 * @returns {Promise<{ code: number, milliseconds: number }>} 128 + n for a signal, as shells have it
 */
function run(command, args, options = {}) {
  const started = Date.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: process.cwd(), stdio: 'inherit', ...options })
    const end = () => child.kill('SIGTERM')
    process.on('SIGTERM', end)
    child.on('error', reject)
    child.on('close', () => process.off('SIGTERM', end))
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 143), milliseconds: Date.now() - started }))
  })
}

/** @returns {Promise<{ binary: string } | { why: string }>} */
async function findElectron() {
  if (process.argv.includes('--browser')) return { why: 'As asked' }
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return { why: 'There is no display for a window' }
  const binary = electronBinary()
  if (binary) return { binary }
  if (!(await canDownload())) return { why: 'Electron is not installed and its release server cannot be reached' }
  console.log('Downloading Electron, once …')
  await run(process.execPath, [join(electronFolder, 'install.js')], { timeout: DOWNLOAD_MILLISECONDS, stdio: 'ignore' })
  const downloaded = electronBinary()
  return downloaded ? { binary: downloaded } : { why: 'Electron could not be downloaded' }
}

async function openLab() {
  await buildIfStale({ log: console.log })
  const electron = await findElectron()
  let why = 'why' in electron ? electron.why : ''
  if ('binary' in electron) {
    const { code, milliseconds } = await run(electron.binary, [root])
    if (code === 0 || milliseconds > NEVER_OPENED_MILLISECONDS) return code
    why = `Electron ended with code ${code} before its window opened`
  }
  console.log(`${why}: opening the lab in the browser instead.`)
  const open = process.env.BOOTLAB_NO_OPEN ? [] : ['--open']
  return (await run(process.execPath, [join(root, 'bin', 'bootlab.mjs'), 'serve', ...open])).code
}

// Ctrl-C reaches the lab itself, as the terminal sends it to all; this process waits for it to end.
process.on('SIGINT', () => undefined)

try {
  process.exitCode = await openLab()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 70
}
