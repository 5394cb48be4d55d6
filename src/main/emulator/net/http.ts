/** An HTTP/1.1 server that only gives files (RFC 9110, RFC 9112): GET and HEAD, one range (RFC 9110, 14), one request a connection. */
import { ascii, asText, joined } from './bytes'
import type { FileSource } from './files'
import type { TcpService } from './tcp'

export const HTTP_PORT = 80

/** Longest head of a request. */
const MOST_HEAD = 8192
const HEAD_END = '\r\n\r\n'

type Pieces = readonly Uint8Array[]

export function httpService(files: FileSource): TcpService {
  return {
    port: HTTP_PORT,
    open() {
      let head = new Uint8Array()
      return {
        received(bytes) {
          head = new Uint8Array(joined(head, bytes))
          const text = asText(head.subarray(0, MOST_HEAD))
          const end = text.indexOf(HEAD_END)
          if (end >= 0) return respond(text.slice(0, end), files)
          return head.length < MOST_HEAD ? undefined : failure('431 Request Header Fields Too Large', false)
        },
        exchange(state) {
          head = new Uint8Array(state.bytes('head', head, 2 * MOST_HEAD))
        },
      }
    },
  }
}

function respond(head: string, files: FileSource): Pieces {
  const [requestLine = '', ...lines] = head.split('\r\n')
  const [method, target, version] = requestLine.split(' ')
  if (target === undefined || !/^HTTP\/1\.\d$/.test(version ?? '')) return failure('400 Bad Request', false)
  const isHead = method === 'HEAD'
  if (method !== 'GET' && !isHead) return failure('405 Method Not Allowed', false, ['Allow: GET, HEAD'])
  const path = pathOf(target)
  const file = path === undefined ? undefined : files.read(path)
  if (!file) return failure('404 Not Found', isHead)
  const range = rangeOf(lines, file.length)
  if (range === 'none') return success('200 OK', file, isHead, [])
  if (range === 'outside') return failure('416 Range Not Satisfiable', isHead, [`Content-Range: bytes */${file.length}`])
  return success('206 Partial Content', file.subarray(range.first, range.last + 1), isHead, [`Content-Range: bytes ${range.first}-${range.last}/${file.length}`])
}

/** The path of a request's target, in origin form or absolute form. */
function pathOf(target: string): string | undefined {
  const path = target.replace(/^http:\/\/[^/]*/i, '').replace(/[?#].*$/, '')
  try {
    return decodeURIComponent(path)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** The one range that is asked for; several at once are answered with the whole file, as a server may. */
function rangeOf(lines: readonly string[], size: number): { first: number; last: number } | 'none' | 'outside' {
  const range = lines.map((line) => /^range:\s*bytes=(\d{0,15})-(\d{0,15})\s*$/i.exec(line)).find((match) => match !== null)
  const [, from = '', to = ''] = range ?? []
  if (!range || (from === '' && to === '')) return 'none'
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < Number(from)) return 'none'
  return first > last ? 'outside' : { first, last }
}

const head = (status: string, length: number, type: string, more: readonly string[]): Uint8Array =>
  ascii([`HTTP/1.1 ${status}`, `Content-Type: ${type}`, `Content-Length: ${length}`, 'Accept-Ranges: bytes', 'Connection: close', ...more].join('\r\n') + HEAD_END)

const success = (status: string, body: Uint8Array, isHead: boolean, more: readonly string[]): Pieces => [head(status, body.length, 'application/octet-stream', more), ...(isHead ? [] : [body])]

function failure(status: string, isHead: boolean, more: readonly string[] = []): Pieces {
  const body = ascii(`${status}\n`)
  return [head(status, body.length, 'text/plain', more), ...(isHead ? [] : [body])]
}
