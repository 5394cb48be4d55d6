import { describe, expect, test } from 'vitest'
import { TftpServer, TFTP_PORT } from './tftp'

const CLIENT = 0x0a00020f
const file = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => i % 251)
const FILES: Readonly<Record<string, Uint8Array>> = { small: file(5), two: file(1024), large: file(5000) }

const request = (operation: number, ...strings: string[]): Uint8Array => Uint8Array.of(0, operation, ...Buffer.from(strings.map((text) => `${text}\0`).join(''), 'latin1'))
const ack = (block: number): Uint8Array => Uint8Array.of(0, 4, block >> 8, block & 0xff)

function server(): TftpServer {
  return new TftpServer({ read: (path) => FILES[path] })
}

/** All of a file as a client gets it. */
function load(tftp: TftpServer, options: readonly string[], name = 'large', clientPort = 2000): { blocks: number[]; bytes: number[]; options: string[] } {
  let answer = tftp.answer(TFTP_PORT, CLIENT, clientPort, request(1, name, 'octet', ...options))
  const got = { blocks: [] as number[], bytes: [] as number[], options: [] as string[] }
  while (answer) {
    const [, operation = 0, high = 0, low = 0, ...rest] = answer.payload
    if (operation === 6) got.options = Buffer.from(answer.payload.subarray(2)).toString('latin1').split('\0').slice(0, -1)
    else {
      got.blocks.push(high * 256 + low)
      got.bytes.push(...rest)
    }
    answer = tftp.answer(answer.port, CLIENT, clientPort, ack(operation === 6 ? 0 : high * 256 + low))
  }
  return got
}

describe('TFTP', () => {
  test.each([['small', [1]], ['two', [1, 2, 3]], ['large', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]])('gives %s in blocks of 512 bytes, the last one shorter', (name, blocks) => {
    expect(load(server(), [], name)).toEqual({ blocks, bytes: [...(FILES[name] ?? [])], options: [] })
  })

  test('agrees on block size and size of the file', () => {
    const got = load(server(), ['tsize', '0', 'BLKSIZE', '1432', 'windowsize', '4'])
    expect(got).toEqual({ blocks: [1, 2, 3, 4], bytes: [...(FILES['large'] ?? [])], options: ['tsize', '5000', 'blksize', '1432'] })
    expect(load(server(), ['blksize', '65464']).options).toEqual(['blksize', '1468'])
    expect(load(server(), ['blksize', '7', 'blksize', 'x']).options).toEqual([])
  })

  test('sends a block again when the acknowledgement before comes again', () => {
    const tftp = server()
    const first = tftp.answer(TFTP_PORT, CLIENT, 2000, request(1, 'two', 'octet'))
    const port = first?.port ?? 0
    const second = tftp.answer(port, CLIENT, 2000, ack(1))
    expect(tftp.answer(port, CLIENT, 2000, ack(1))).toEqual(second)
    expect(tftp.answer(port, CLIENT, 2000, ack(7))).toBeUndefined()
  })

  test.each([
    ['a file that is not there', request(1, 'other', 'octet'), 1],
    ['writing', request(2, 'small', 'octet'), 2],
    ['mode netascii', request(1, 'small', 'netascii'), 0],
    ['a request without mode', request(1, 'small'), 4],
  ])('refuses %s', (_name, message, code) => {
    const answer = server().answer(TFTP_PORT, CLIENT, 2000, message)
    expect(answer && [...answer.payload.subarray(0, 4)]).toEqual([0, 5, 0, code])
  })

  test('a transfer belongs to its client', () => {
    const tftp = server()
    const port = tftp.answer(TFTP_PORT, CLIENT, 2000, request(1, 'two', 'octet'))?.port ?? 0
    expect(tftp.answer(port, CLIENT, 2001, ack(1))?.payload.subarray(0, 4)).toEqual(Uint8Array.of(0, 5, 0, 5))
    expect(tftp.answer(port, CLIENT, 2000, Uint8Array.of(0, 5, 0, 0))).toBeUndefined()
    expect(tftp.listens(port)).toBe(false)
  })

  test('whatever comes, few transfers are kept', () => {
    const tftp = server()
    const ports = new Set<number>()
    for (let i = 0; i < 200; i++) {
      ports.add(tftp.answer(TFTP_PORT, CLIENT, 1000 + i, request(1, 'large', 'octet'))?.port ?? 0)
      tftp.answer(TFTP_PORT, CLIENT, i, Uint8Array.from({ length: i % 9 }, (_, j) => (i * 31 + j) & 0xff))
    }
    expect([...ports].filter((port) => tftp.listens(port))).toHaveLength(16)
  })
})
