/** A TFTP server that only gives (RFC 1350), with options (RFC 2347): block size (RFC 2348), size of the file (RFC 2349). */
import { ascii, get16, joined, put16, zeroEnded } from './bytes'
import { type FileSource, MOST_FILE_BYTES } from './files'
import type { StateFields } from '../state/fields'

export const TFTP_PORT = 69

const OP = { read: 1, write: 2, data: 3, ack: 4, error: 5, options: 6 } as const
const ERROR = { other: 0, notFound: 1, refused: 2, illegal: 4, unknown: 5 } as const
const DEFAULT_BLOCK = 512
const LEAST_BLOCK = 8
/** A datagram in one Ethernet frame: 1500 bytes less the headers of IP, UDP and TFTP. */
const MOST_BLOCK = 1468
/** Ports from here on are the server's side of transfers, RFC 6335's dynamic ones. */
const FIRST_TRANSFER_PORT = 49_152
const MOST_TRANSFERS = 8
const MOST_PORTS = 0x2000

interface Transfer {
  readonly client: number
  readonly port: number
  readonly file: Uint8Array
  readonly block: number
  /** Block that the client has to acknowledge, counted on beyond 65535; 0: the options. */
  sent: number
}

const NO_TRANSFER: Transfer = { client: 0, port: 0, file: new Uint8Array(), block: DEFAULT_BLOCK, sent: 0 }

/** What goes back to the client, from which of the server's ports. */
export interface TftpAnswer {
  readonly port: number
  readonly payload: Uint8Array
}

export class TftpServer {
  readonly #files: FileSource
  /** By the server's port, oldest first. */
  readonly #transfers = new Map<number, Transfer>()
  #next = 0

  constructor(files: FileSource) {
    this.#files = files
  }

  exchange(state: StateFields): void {
    this.#next = state.int('next', this.#next, MOST_PORTS - 1)
    const transfers = state.list<[number, Transfer]>('transfers', [...this.#transfers], MOST_TRANSFERS, (fields, [port, transfer] = [0, NO_TRANSFER]) => [
      fields.word('port', port),
      {
        client: fields.dword('client', transfer.client), port: fields.word('client port', transfer.port), file: fields.bytes('file', transfer.file, MOST_FILE_BYTES),
        block: fields.int('block', transfer.block, MOST_BLOCK, LEAST_BLOCK), sent: fields.int('sent', transfer.sent),
      },
    ])
    if (!state.loading) return
    this.#transfers.clear()
    for (const [port, transfer] of transfers) this.#transfers.set(port, transfer)
  }

  /** Whether a port is the server's. */
  listens(port: number): boolean {
    return port === TFTP_PORT || this.#transfers.has(port)
  }

  /** @param port the server's, `clientPort` the client's @param client its address */
  answer(port: number, client: number, clientPort: number, message: Uint8Array): TftpAnswer | undefined {
    if (port === TFTP_PORT) return this.#request(client, clientPort, message)
    const transfer = this.#transfers.get(port)
    if (!transfer) return undefined
    if (transfer.client !== client || transfer.port !== clientPort) return { port, payload: error(ERROR.unknown, 'This transfer is another one.') }
    if (get16(message, 0) === OP.error) this.#transfers.delete(port)
    return get16(message, 0) === OP.ack && message.length >= 4 ? this.#acknowledged(port, transfer, get16(message, 2)) : undefined
  }

  #request(client: number, clientPort: number, message: Uint8Array): TftpAnswer | undefined {
    const refused = (code: number, text: string): TftpAnswer => ({ port: TFTP_PORT, payload: error(code, text) })
    const operation = get16(message, 0)
    if (operation === OP.write) return refused(ERROR.refused, 'Nothing can be written here.')
    if (operation !== OP.read) return undefined
    const [name, mode, ...options] = strings(message.subarray(2))
    if (name === undefined || mode === undefined) return refused(ERROR.illegal, 'The request has no file name and mode.')
    if (mode.toLowerCase() !== 'octet') return refused(ERROR.other, 'Only mode octet is served.')
    const file = this.#files.read(name)
    if (!file) return refused(ERROR.notFound, 'There is no such file.')
    return this.#begin({ client, port: clientPort, file }, options)
  }

  #begin(of: Pick<Transfer, 'client' | 'port' | 'file'>, options: readonly string[]): TftpAnswer {
    // The same request again: the answer to the first one is late. Nobody waits for that any more.
    for (const [port, transfer] of this.#transfers) if (transfer.client === of.client && transfer.port === of.port) this.#transfers.delete(port)
    for (const port of [...this.#transfers.keys()].slice(0, Math.max(0, this.#transfers.size - MOST_TRANSFERS + 1))) this.#transfers.delete(port)
    const port = FIRST_TRANSFER_PORT + this.#next
    this.#next = (this.#next + 1) % MOST_PORTS
    const { block, agreed } = agree(options, of.file.length)
    const transfer: Transfer = { ...of, block, sent: agreed.length > 0 ? 0 : 1 }
    this.#transfers.set(port, transfer)
    if (agreed.length === 0) return { port, payload: dataBlock(transfer) }
    return { port, payload: joined(operationOf(OP.options), ...agreed.map((text) => ascii(`${text}\0`))) }
  }

  /** The next block; the same one again when the last acknowledgement comes again, for then it was lost. */
  #acknowledged(port: number, transfer: Transfer, block: number): TftpAnswer | undefined {
    const last = Math.floor(transfer.file.length / transfer.block) + 1
    if (block === (transfer.sent & 0xffff)) {
      if (transfer.sent === last) {
        this.#transfers.delete(port)
        return undefined
      }
      transfer.sent++
    } else if (transfer.sent === 0 || block !== ((transfer.sent - 1) & 0xffff)) return undefined
    return { port, payload: dataBlock(transfer) }
  }
}

function strings(bytes: Uint8Array): string[] {
  const found: string[] = []
  let at = 0
  for (let text = zeroEnded(bytes, at); text !== undefined; text = zeroEnded(bytes, at)) {
    found.push(text)
    at += text.length + 1
  }
  return found
}

/** The options that the server takes, with its values. */
function agree(options: readonly string[], size: number): { block: number; agreed: string[] } {
  let block = DEFAULT_BLOCK
  const agreed: string[] = []
  for (let i = 0; i + 1 < options.length; i += 2) {
    const name = options[i]?.toLowerCase() ?? ''
    const value = Number(options[i + 1])
    if (name === 'blksize' && value >= LEAST_BLOCK) {
      block = Math.min(Math.floor(value), MOST_BLOCK)
      agreed.push(name, `${block}`)
    } else if (name === 'tsize') agreed.push(name, `${size}`)
  }
  return { block, agreed }
}

function dataBlock({ file, block, sent }: Transfer): Uint8Array {
  const head = operationOf(OP.data, 4)
  put16(head, 2, sent & 0xffff)
  return joined(head, file.subarray((sent - 1) * block, sent * block))
}

function operationOf(operation: number, bytes = 2): Uint8Array {
  const head = new Uint8Array(bytes)
  put16(head, 0, operation)
  return head
}

function error(code: number, text: string): Uint8Array {
  const head = operationOf(OP.error, 4)
  put16(head, 2, code)
  return joined(head, ascii(`${text}\0`))
}
