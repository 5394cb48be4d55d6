/** `npm start` where there is no Electron: one line that says so, and the lab on a loopback address. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createClient } from '../../src/shared/channel'
import { portOverSocket, SOCKET_PATH } from '../../src/shared/doors'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'

let folder: string
let child: ChildProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-start-'))
  await buildIfStale()
}, 60_000)
afterEach(async () => {
  // The whole group, if it is still there: the lab itself is a child of what npm starts.
  if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** Starts the lab as npm does; resolves with the lines up to the one with the address. */
function start(): Promise<string[]> {
  const started = spawn(process.execPath, [join(root, 'scripts/start.mjs'), '--browser'], {
    env: { ...process.env, BOOTLAB_NO_OPEN: '1', BOOTLAB_DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, as a terminal's foreground job: Ctrl-C reaches all of it.
    detached: true,
  })
  child = started
  return new Promise((resolve, reject) => {
    let output = ''
    started.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('Ctrl-C')) resolve(output.trim().split('\n'))
    })
    started.on('close', (code) => reject(new Error(`it ended with code ${code}:\n${output}`)))
  })
}

describe('npm start', () => {
  it('says why there is no window, serves the lab, ends with Ctrl-C', { timeout: 60_000 }, async () => {
    const lines = await start()
    expect(lines).toContain('As asked: opening the lab in the browser instead.')
    const url = new URL(/http:\S+/.exec(lines.join('\n'))?.[0] ?? '')
    expect(url.hostname).toBe('127.0.0.1')
    const page = await fetch(url)
    expect(page.status).toBe(200)
    const scripts = [...(await page.text()).matchAll(/<script[^>]*src="([^"]+)"/g)].map(([, source = '']) => new URL(source, url))
    expect(scripts.length).toBeGreaterThan(0)
    for (const script of scripts) expect((await fetch(script)).headers.get('content-type')).toMatch(/javascript/)

    const socket = new WebSocket(`ws://${url.host}${SOCKET_PATH}${url.search}`, { headers: { Origin: url.origin } })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    const client = createClient(portOverSocket(socket))
    expect(await client.call('app.info', {})).toMatchObject({ door: 'browser' })

    const ended = new Promise((resolve) => child?.once('close', resolve))
    if (child?.pid === undefined) throw new Error('it has no process id')
    process.kill(-child.pid, 'SIGINT')
    expect(await ended).toBe(0)
  })
})
