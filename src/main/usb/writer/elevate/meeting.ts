/**
 * A place where the lab meets a writing process whose standard input and output it does not have: Windows starts an elevated process without them.
 * A named pipe there (a Unix-domain socket elsewhere), with a token that is good for one connection.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { LabError } from '../../../../shared/failure'

export interface Meeting {
  /** What the writer sends as its first line: 256 bits in base64url. */
  token: string
  /** The one connection that brought the token, paused behind it. Rejects with a LabError when none came in time, with the signal's reason when cancelled. */
  arrival: Promise<Socket>
  /** Nobody is waited for any more. */
  close(): void
}

const TOKEN_BYTES = 32
/** Bytes before the first line's end: the token's letters, with some to spare. */
const LONGEST_LINE = 64
/** Whoever connects has this long to say the token. */
const SAY_MS = 10_000
/** Connections that have not said it yet. */
const MOST_GUESTS = 8
/** Windows takes its question back after two minutes. */
const WAIT_MS = 180_000

/**
 * Listens at a path that nobody can guess or, in a folder of one's own, open.
 * @param path `\\.\pipe\…`, or that of a socket that is not there yet
 */
export async function openMeeting(path: string, { signal, waitMs = WAIT_MS }: { signal?: AbortSignal | undefined; waitMs?: number } = {}): Promise<Meeting> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const gone = new AbortController()
  const arrival = admitOne(server, digest(token), AbortSignal.any([gone.signal, ...(signal ? [signal] : [])]), waitMs)
  // Nobody may be waiting for it yet, or any more.
  arrival.catch(() => {})
  return { token, arrival, close: () => gone.abort() }
}

async function admitOne(server: Server, expected: Buffer, signal: AbortSignal, waitMs: number): Promise<Socket> {
  const guests = new Set<Socket>()
  let stop = (): void => {}
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Socket>((resolve, reject) => {
      stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      timer = setTimeout(() => reject(new LabError({ code: 'timeout', what: 'The writing process did not come.', why: `It had ${waitMs / 1000} seconds to start and connect.`, next: 'Try again, and answer the question for permission.' })), waitMs)
      server.on('error', reject)
      server.on('connection', (guest) => {
        if (guests.size >= MOST_GUESTS) return void guest.destroy()
        guests.add(guest)
        guest.on('error', () => guest.destroy())
        guest.once('close', () => guests.delete(guest))
        hear(guest, expected, () => {
          guests.delete(guest)
          resolve(guest)
        })
      })
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    server.close()
    for (const guest of guests) guest.destroy()
  }
}

/** Destroys a connection that says anything else, too much, or nothing. */
function hear(guest: Socket, expected: Buffer, admit: () => void): void {
  let said = Buffer.alloc(0)
  const late = setTimeout(() => guest.destroy(), SAY_MS)
  guest.once('close', () => clearTimeout(late))
  const onData = (bytes: Buffer): void => {
    said = Buffer.concat([said, bytes])
    const end = said.indexOf('\n')
    if (end === -1 && said.length <= LONGEST_LINE) return
    // Of equal length, whatever was said, and compared in constant time.
    if (end === -1 || end > LONGEST_LINE || !timingSafeEqual(digest(said.subarray(0, end)), expected)) return void guest.destroy()
    guest.off('data', onData)
    clearTimeout(late)
    guest.pause()
    if (end + 1 < said.length) guest.unshift(said.subarray(end + 1))
    admit()
  }
  guest.on('data', onData)
}

function digest(text: string | Uint8Array): Buffer {
  return createHash('sha256').update(text).digest()
}
