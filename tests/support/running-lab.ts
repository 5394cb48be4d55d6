/** The built lab as a process of its own: `bootlab serve`. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const START_TIMEOUT_MS = 15_000

export interface RunningLab {
  url: string
  /** Folder that new projects go into. */
  projects: string
  /** Process id. */
  pid: number
  stop(): Promise<void>
}

/** What `bootlab serve` is started with beside the usual. */
export interface ServeOptions {
  args: readonly string[]
  env: Readonly<Record<string, string>>
}

/** @param folder keeps the lab's data and projects */
export async function startLab(folder: string, { args, env }: ServeOptions): Promise<RunningLab> {
  const projects = join(folder, 'projects')
  const server = spawn(process.execPath, [join(ROOT, 'bin', 'bootlab.mjs'), 'serve', '--port', '0', ...args], {
    env: { ...process.env, BOOTLAB_DATA_DIR: join(folder, 'data'), BOOTLAB_PROJECTS_DIR: projects, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    await ended
  }
  const url = await readUrl(server)
  if (server.pid === undefined) throw new Error('bootlab serve has no process id.')
  return { url, projects, pid: server.pid, stop }
}

function readUrl(server: ChildProcess): Promise<string> {
  let output = ''
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`bootlab serve ${why}:\n${output}`))
    const timer = setTimeout(() => fail('printed no address'), START_TIMEOUT_MS)
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/.exec(output)?.[0]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    }
    server.stdout?.on('data', read)
    server.stderr?.on('data', read)
    server.once('exit', (code) => fail(`ended with code ${code}`))
  })
}
