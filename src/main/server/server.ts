/**
 * The browser's door: the renderer's files over HTTP and the channel over a WebSocket, for this computer only.
 *
 * What keeps others out:
 * - it listens on 127.0.0.1 alone;
 * - the page and the WebSocket ask for a random token, which only the printed URL holds;
 * - `Host` must name the loopback address, so that a foreign name resolving to 127.0.0.1 (DNS rebinding) is refused;
 * - `Origin` of the WebSocket must be the page's own, so that other pages in the same browser are refused.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { MAX_MESSAGE_LENGTH, serveChannel, type Handlers, type Port } from '../../shared/channel'
import { portOverSocket, SOCKET_PATH, TOKEN_PARAMETER } from '../../shared/doors'
import { LabError } from '../../shared/failure'
import { readRendererFile, securityHeaders } from '../services/renderer-files'

/** Pages open at once; each holds a WebSocket. */
const MAX_CLIENTS = 32
/** Built files whose name changes with what is in them: a browser need not ask again. */
const HASHED = /^\/assets\/[\w.-]+-[\w-]{8}\.\w+$/
/** Bytes that may wait for a page that does not read (a suspended tab). Beyond, its connection ends; it can come back. */
const MAX_UNREAD = 64 * 1024 * 1024

export interface LabServer {
  /** Address with the token, for the browser. */
  url: string
  port: number
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

export interface ServerOptions {
  handlers: Handlers
  /** Folder of the built renderer. */
  renderer: string
  /** 0 lets the system choose. */
  port?: number
  onDefect?: (message: string, error?: unknown) => void
}

/** @throws LabError when the port is taken or not allowed */
export async function startServer({ handlers, renderer, port = 0, onDefect }: ServerOptions): Promise<LabServer> {
  const token = randomBytes(24).toString('base64url')
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_LENGTH, perMessageDeflate: false })
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      onDefect?.('A page request failed', error)
      if (!response.headersSent) refuse(response, 500, 'The lab failed to read its own files.')
      else response.destroy()
    })
  })
  server.on('upgrade', upgrade)
  const boundPort = await listen(port)
  const hosts = new Set([`127.0.0.1:${boundPort}`, `localhost:${boundPort}`])

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = request.headers.host
    if (!host || !hosts.has(host)) return refuse(response, 403, 'This address is not the lab.')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET is answered.')
    const { path, query } = splitUrl(request.url)
    if ((path === '/' || path === '/index.html') && !isToken(query.get(TOKEN_PARAMETER))) {
      return refuse(response, 403, 'The address lacks the access token. Open the URL that "bootlab serve" printed.')
    }
    const file = await readRendererFile(renderer, path)
    if (!file) return refuse(response, 404, 'There is no such file.')
    response.writeHead(200, { ...securityHeaders([`ws://${host}`]), 'Content-Type': file.contentType, 'Content-Length': file.body.length, 'Cache-Control': HASHED.test(path) ? 'max-age=31536000, immutable' : 'no-cache' })
    response.end(request.method === 'HEAD' ? undefined : file.body)
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const { path, query } = splitUrl(request.url)
    const { host, origin } = request.headers
    if (!host || !hosts.has(host) || origin !== `http://${host}`) return refuseUpgrade(socket, 403)
    if (path !== SOCKET_PATH) return refuseUpgrade(socket, 404)
    if (!isToken(query.get(TOKEN_PARAMETER))) return refuseUpgrade(socket, 403)
    if (sockets.clients.size >= MAX_CLIENTS) return refuseUpgrade(socket, 503)
    sockets.handleUpgrade(request, socket, head, (client) => {
      // ws reports an oversize or malformed frame here and closes the connection with the matching status itself.
      client.on('error', (error) => onDefect?.('Closed a connection', error))
      serveChannel(portWithLimit(client), handlers, onDefect ? { onDefect } : {})
    })
  }

  function isToken(given: string | null): boolean {
    const expected = Buffer.from(token)
    const actual = Buffer.from(given ?? '')
    return actual.length === expected.length && timingSafeEqual(actual, expected)
  }

  function listen(wanted: number): Promise<number> {
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(cannotListen(wanted, error)))
      server.listen(wanted, '127.0.0.1', () => {
        const address = server.address()
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new LabError({ code: 'internal', what: 'The server has no port.' }))
      })
    })
  }

  return {
    url: `http://127.0.0.1:${boundPort}/?${TOKEN_PARAMETER}=${token}`,
    port: boundPort,
    close: () =>
      new Promise((resolve, reject) => {
        for (const client of sockets.clients) client.terminate()
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

function portWithLimit(client: WebSocket): Port {
  return {
    ...portOverSocket(client),
    send(message) {
      if (client.bufferedAmount > MAX_UNREAD) client.terminate()
      else if (client.readyState === client.OPEN) client.send(message)
    },
  }
}

/** Path as sent (no dot segments resolved) and query of a request's target. */
function splitUrl(url = '/'): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: new URLSearchParams() } : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...securityHeaders(), 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${sentence}\n`)
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function cannotListen(port: number, error: Error): LabError {
  const code = 'code' in error ? error.code : undefined
  const what = code === 'EADDRINUSE' ? `Port ${port} is in use.` : `Port ${port} cannot be used: ${error.message}`
  return new LabError({ code: 'port-unavailable', what, next: 'Choose another with --port, or leave it out.' }, { cause: error })
}
