import { describe, expect, test } from 'vitest'
import { httpService } from './http'

const DATA = Uint8Array.from({ length: 100 }, (_, i) => i)
const service = httpService({ read: (path) => (path === '/a file' ? DATA : undefined) })

function ask(...parts: string[]): { head: string[]; body: number[] } | undefined {
  const connection = service.open()
  let answer: readonly Uint8Array[] | undefined
  for (const part of parts) answer = connection.received(Buffer.from(part, 'latin1'))
  if (!answer) return undefined
  const whole = Buffer.concat(answer)
  const end = whole.indexOf('\r\n\r\n')
  return { head: whole.subarray(0, end).toString().split('\r\n'), body: [...whole.subarray(end + 4)] }
}

describe('HTTP', () => {
  test('gives a file, in one piece or more', () => {
    const whole = ask('GET /a%20file?x=1 HTTP/1.1\r\nHost: 10.0.2.2\r\n\r\n')
    expect(whole?.head).toEqual(['HTTP/1.1 200 OK', 'Content-Type: application/octet-stream', 'Content-Length: 100', 'Accept-Ranges: bytes', 'Connection: close'])
    expect(whole?.body).toEqual([...DATA])
    expect(ask('GET /a%20fi', 'le HTTP/1.1\r\n', '\r\n')?.body).toEqual([...DATA])
    expect(ask('GET http://10.0.2.2/a%20file HTTP/1.0\r\n\r\n')?.body).toEqual([...DATA])
    expect(ask('GET / HTTP/1.1\r\nHost: 10')).toBeUndefined()
  })

  test('HEAD has the same head and no body', () => {
    expect(ask('HEAD /a%20file HTTP/1.1\r\n\r\n')).toMatchObject({ head: ask('GET /a%20file HTTP/1.1\r\n\r\n')?.head, body: [] })
  })

  test.each([
    ['bytes=10-19', '206 Partial Content', 'bytes 10-19/100', 10],
    ['bytes=90-', '206 Partial Content', 'bytes 90-99/100', 10],
    ['bytes=-5', '206 Partial Content', 'bytes 95-99/100', 5],
    ['bytes=95-1000', '206 Partial Content', 'bytes 95-99/100', 5],
    ['bytes=100-', '416 Range Not Satisfiable', 'bytes */100', undefined],
  ])('range %s', (range, status, contentRange, bytes) => {
    const answer = ask(`GET /a%20file HTTP/1.1\r\nRange: ${range}\r\n\r\n`)
    expect([answer?.head[0], answer?.head.find((line) => line.startsWith('Content-Range'))]).toEqual([`HTTP/1.1 ${status}`, `Content-Range: ${contentRange}`])
    if (bytes !== undefined) expect(answer?.body).toHaveLength(bytes)
  })

  test.each(['bytes=1-2,5-6', 'bytes=-', 'lines=1-2', 'bytes=5-2'])('%s is passed over', (range) => {
    expect(ask(`GET /a%20file HTTP/1.1\r\nRange: ${range}\r\n\r\n`)?.head[0]).toBe('HTTP/1.1 200 OK')
  })

  test.each([
    ['GET /other HTTP/1.1', 404], ['GET /%ff HTTP/1.1', 404], ['GET / HTTP/1.1', 404], ['POST /a%20file HTTP/1.1', 405], ['GET /a%20file', 400], ['\0\xff', 400], ['GET /a%20file HTTP/2.0', 400],
  ])('%j is answered with %d', (line, code) => {
    expect(ask(`${line}\r\n\r\n`)?.head[0]).toMatch(new RegExp(`^HTTP/1.1 ${code} `))
  })

  test('a head without end is cut short', () => {
    expect(ask('GET / HTTP/1.1\r\n', 'x'.repeat(9000))?.head[0]).toMatch(/431/)
  })
})
