/** Builds out/ when it is missing or older than what it is made from. Used by `npm start` and by tests of the built lab. */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The last file that each of the three builds writes. */
const outputs = ['out/main/index.js', 'out/main/cli.js', 'out/preload/index.cjs', 'out/renderer/index.html']
const inputs = ['src', 'resources/fonts', 'packaging', 'electron.vite.config.ts', 'package.json', 'package-lock.json']

/** @returns {boolean} */
export function isStale() {
  const written = outputs.map((path) => modified(join(root, path)))
  return written.some((time) => time === undefined) || newest(inputs.map((path) => join(root, path))) > Math.min(...written)
}

/**
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<void>} rejects with the build's own output
 */
export async function buildIfStale({ log = () => undefined } = {}) {
  if (!isStale()) return
  const unlock = await lock()
  try {
    // Another process may have built it while this one waited.
    if (!isStale()) return
    log('Building Bootlab …')
    await build()
  } finally {
    unlock()
  }
}

async function build() {
  // The package exports no path to its command, only its package.json.
  const packageFile = createRequire(import.meta.url).resolve('electron-vite/package.json')
  const output = []
  const child = spawn(process.execPath, [join(dirname(packageFile), 'bin', 'electron-vite.js'), 'build'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.on('data', (chunk) => output.push(chunk))
  child.stderr.on('data', (chunk) => output.push(chunk))
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`The build of Bootlab failed (electron-vite build, exit code ${code}):\n${Buffer.concat(output)}`)
}

/**
 * One build at a time: tests run in several processes.
 * @returns {Promise<() => void>} lets the next one in
 */
async function lock() {
  const file = join(root, 'out', '.building')
  mkdirSync(dirname(file), { recursive: true })
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!isHeld(file)) rmSync(file, { force: true })
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Whether the process that took the lock still lives. A lock that is just being written counts as held. */
function isHeld(file) {
  try {
    const holder = Number(readFileSync(file, 'utf8'))
    if (holder > 0) process.kill(holder, 0)
    return true
  } catch (error) {
    // ENOENT: given back in the meantime. EPERM: another user's process, which lives.
    return error.code === 'EPERM' || error.code === 'ENOENT'
  }
}

/** @returns {number | undefined} milliseconds since 1970 */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

/** Newest file in the given files and folders; tests do not count. */
function newest(paths) {
  let latest = 0
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found) continue
    if (found.isDirectory()) latest = Math.max(latest, newest(readdirSync(path).map((name) => join(path, name))))
    else if (!/\.test\.tsx?$/.test(path)) latest = Math.max(latest, found.mtimeMs)
  }
  return latest
}
