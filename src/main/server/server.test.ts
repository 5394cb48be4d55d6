import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createClient, MAX_MESSAGE_LENGTH } from '../../shared/channel'
import { portOverSocket } from '../../shared/doors'
import { createServices, type Services } from '../services/services'
import { startServer, type LabServer } from './server'

let folder: string
let services: Services
let server: LabServer
let onDefect: ReturnType<typeof vi.fn<(message: string, error?: unknown) => void>>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-server-'))
  const renderer = join(folder, 'renderer')
  await mkdir(join(renderer, 'assets'), { recursive: true })
  await writeFile(join(renderer, 'index.html'), '<!doctype html><title>Lab</title>')
  await writeFile(join(renderer, 'assets', 'main.js'), 'export {}')
  await writeFile(join(renderer, 'private.key'), 'not a web file')
  await writeFile(join(folder, 'secret.json'), '"secret"')
  await symlink(join(folder, 'secret.json'), join(renderer, 'link.json'))
  onDefect = vi.fn()
  services = createServices({ door: 'browser', dataDirectory: join(folder, 'data'), onDefect })
  server = await startServer({ handlers: services.handlers, renderer, onDefect })
})

afterEach(async () => {
  await server.close()
  await services.close()
  await rm(folder, { recursive: true })
})

/** A request with the path and headers exactly as given: fetch would tidy them up. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, headers, method }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

const token = (): string => new URL(server.url).searchParams.get('token') ?? ''
const socketUrl = (given = token()): string => `ws://127.0.0.1:${server.port}/channel?token=${given}`
const ownOrigin = (): string => `http://127.0.0.1:${server.port}`

/** Opens a WebSocket; resolves with it, or with the status it was refused with. */
function open(url: string, headers: Record<string, string>): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', reject)
  })
}

async function opened(): Promise<WebSocket> {
  const socket = await open(socketUrl(), { Origin: ownOrigin() })
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.on('close', resolve))

describe('pages', () => {
  it('serves the lab to whoever has the URL, under a strict policy', async () => {
    const url = new URL(server.url)
    const page = await get(url.pathname + url.search)
    expect(page.status).toBe(200)
    expect(page.body).toContain('<title>Lab</title>')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${server.port};`)
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    expect(page.headers['referrer-policy']).toBe('no-referrer')
    expect(page.headers['access-control-allow-origin']).toBeUndefined()
    expect((await get('/assets/main.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  it('lets a browser keep what has its contents in its name, and nothing else', async () => {
    await writeFile(join(folder, 'renderer', 'assets', 'main-Ab12_-9Z.js'), 'export {}')
    expect((await get('/assets/main-Ab12_-9Z.js')).headers['cache-control']).toBe('max-age=31536000, immutable')
    expect((await get('/assets/main.js')).headers['cache-control']).toBe('no-cache')
    expect((await get(`/?token=${token()}`)).headers['cache-control']).toBe('no-cache')
  })

  it('has tokens of at least 128 bits, new for each server', async () => {
    expect(Buffer.from(token(), 'base64url').length).toBeGreaterThanOrEqual(16)
    const other = await startServer({ handlers: services.handlers, renderer: folder })
    expect(other.url).not.toContain(token())
    await other.close()
  })

  it.each(['/', '/index.html', '/?token=', '/?token=wrong', `/?token=${'A'.repeat(32)}`])('refuses %s without the right token', async (path) => {
    const page = await get(path)
    expect(page.status).toBe(403)
    expect(page.body).not.toContain('<title>')
  })

  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1', '0.0.0.0'])('refuses the foreign Host %s', async (host) => {
    expect((await get(`/?token=${token()}`, { Host: host })).status).toBe(403)
  })

  it.each([
    '/../secret.json',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.json',
    '/..%5csecret.json',
    '//secret.json',
    '/link.json',
    '/private.key',
    '/assets',
    '/assets/main.js%00.json',
    '/%',
    '/C:/secret.json',
    '/nothing.js',
  ])('does not serve %s', async (path) => {
    const page = await get(path)
    expect(page.status).toBe(404)
    expect(page.body).not.toContain('secret')
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses the method %s', async (method) => {
    expect((await get(`/?token=${token()}`, {}, method)).status).toBe(405)
  })

  it('listens on the loopback address only', async () => {
    // 127.0.0.2 is this computer too, but not the address the server asked for.
    const refused = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: server.port })
      socket.on('connect', () => resolve('connected'))
      socket.on('error', (error) => resolve('code' in error ? error.code : error.message))
    })
    expect(refused).not.toBe('connected')
  })

  it('says so when the port is taken', async () => {
    await expect(startServer({ handlers: services.handlers, renderer: folder, port: server.port })).rejects.toMatchObject({
      failure: { code: 'port-unavailable', what: `Port ${server.port} is in use.` },
    })
  })
})

describe('channel', () => {
  it('answers calls', async () => {
    const client = createClient(portOverSocket(await opened()))
    expect(await client.call('app.info', {})).toMatchObject({ door: 'browser', canPickDirectory: false })
    client.close()
  })

  it.each([
    ['no token', () => open(`ws://127.0.0.1:${server.port}/channel`, { Origin: ownOrigin() }), 403],
    ['a wrong token', () => open(socketUrl('x'.repeat(32)), { Origin: ownOrigin() }), 403],
    ['no Origin', () => open(socketUrl(), {}), 403],
    ['a foreign Origin', () => open(socketUrl(), { Origin: 'http://evil.example' }), 403],
    ['the Origin of another port', () => open(socketUrl(), { Origin: 'http://127.0.0.1:1' }), 403],
    ['the Origin "null"', () => open(socketUrl(), { Origin: 'null' }), 403],
    ['a foreign Host', () => open(socketUrl(), { Origin: 'http://evil.example', Host: 'evil.example' }), 403],
    ['another path', () => open(`ws://127.0.0.1:${server.port}/?token=${token()}`, { Origin: ownOrigin() }), 404],
  ])('refuses a WebSocket with %s', async (_case, attempt, status) => {
    expect(await attempt()).toBe(status)
  })

  it('closes on a malformed message, and goes on serving others', async () => {
    const socket = await opened()
    const other = createClient(portOverSocket(await opened()))
    const end = closed(socket)
    socket.send('{"kind":"call"')
    await end
    expect(onDefect).toHaveBeenCalledOnce()
    expect(await other.call('app.info', {})).toMatchObject({ door: 'browser' })
    other.close()
  })

  it('closes on a binary message', async () => {
    const socket = await opened()
    const end = closed(socket)
    socket.send(new Uint8Array([1, 2, 3]))
    await end
  })

  it('closes on an oversize message with status 1009', async () => {
    const socket = await opened()
    const end = closed(socket)
    socket.send('x'.repeat(MAX_MESSAGE_LENGTH + 1))
    expect(await end).toBe(1009)
  })

  it('ends a connection that does not read, and what runs for it', async () => {
    const line = 'x'.repeat(1024 * 1024)
    let sent = 0
    const flood: Services['handlers']['streams']['builds.run'] = async (_args, { signal, emit }) => {
      for (; !signal.aborted && sent < 200; sent++) {
        emit({ steps: [], lines: [{ level: 'output', text: line }] })
        await new Promise((resolve) => setImmediate(resolve))
      }
      throw signal.reason
    }
    const { calls, streams } = services.handlers
    const other = await startServer({ handlers: { calls, streams: { ...streams, 'builds.run': flood } }, renderer: folder })
    const url = new URL(other.url)
    const socket = await open(`ws://${url.host}/channel${url.search}`, { Origin: url.origin })
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
    socket.pause()
    socket.send(JSON.stringify({ kind: 'listen', id: 1, name: 'builds.run', args: { directory: '/x' } }))
    await vi.waitFor(() => expect(sent).toBeGreaterThan(60), 10_000)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(sent).toBeLessThan(150)
    socket.resume()
    socket.terminate()
    await other.close()
  })
})
