/** Over a Unix-domain socket, in a folder of its own: on Windows it is a named pipe, by the same calls of Node. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openMeeting } from './meeting'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-meeting-'))
  path = join(folder, 'socket')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function guest(...says: (string | Buffer)[]): Promise<Socket> {
  const socket = connect(path)
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const part of says) {
    socket.write(part)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return socket
}
/** The other end closed it, with or without having read everything: then it was reset. It must read to notice. */
async function turnedAway(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}
const pending = async (arrival: Promise<unknown>): Promise<boolean> => (await Promise.race([arrival, new Promise((resolve) => setTimeout(resolve, 50, 'pending'))])) === 'pending'

describe.skipIf(process.platform === 'win32')('a meeting', () => {
  test('takes the one connection that brings the token, and what it says behind it', async () => {
    expect(statSync(folder).mode & 0o077).toBe(0)
    const { token, arrival } = await openMeeting(path)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    const writer = await guest(token.slice(0, 10), `${token.slice(10)}\n{"type":`, '"done"}\n')
    const socket = await arrival
    let heard = ''
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text)).resume()
    writer.write('more\n')
    socket.write('job\n')
    expect(String((await once(writer, 'data'))[0])).toBe('job\n')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(heard).toBe('{"type":"done"}\nmore\n')
    // Nobody listens any more.
    const late = connect(path)
    await expect(once(late, 'connect')).rejects.toThrow(/ENOENT|ECONNREFUSED/)
    writer.destroy()
    await once(socket, 'close')
  })

  test('destroys whoever says another token, too much, or speaks beside the one who knows it', async () => {
    const { token, arrival } = await openMeeting(path)
    await turnedAway(await guest('wrong\n'))
    await turnedAway(await guest('\n'))
    await turnedAway(await guest(`${token} \n`))
    await turnedAway(await guest(`${token.startsWith('x') ? 'y' : 'x'}${token.slice(1)}\n`))
    await turnedAway(await guest(Buffer.alloc(65, 'a')))
    await turnedAway(await guest(Buffer.alloc(100_000, 'a'), `\n${token}\n`))
    const silent = await guest(token)
    expect(await pending(arrival)).toBe(true)
    const writer = await guest(`${token}\n`)
    await arrival
    await turnedAway(silent)
    writer.destroy()
  })

  test('has room for eight that have not said it yet', async () => {
    const { token, arrival, close } = await openMeeting(path)
    const waiting = await Promise.all(Array.from({ length: 8 }, () => guest()))
    await turnedAway(await guest(`${token}\n`))
    waiting[0]?.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const writer = await guest(`${token}\n`)
    await arrival
    writer.destroy()
    close()
  })

  test('ends when nobody comes in time, and when it is cancelled or closed', async () => {
    const late = await openMeeting(path, { waitMs: 20 })
    await expect(late.arrival).rejects.toMatchObject({ failure: { code: 'timeout' } })
    const stop = new AbortController()
    const cancelled = await openMeeting(path, { signal: stop.signal })
    const silent = await guest()
    stop.abort()
    await expect(cancelled.arrival).rejects.toMatchObject({ name: 'AbortError' })
    await turnedAway(silent)
    const closed = await openMeeting(path)
    closed.close()
    await expect(closed.arrival).rejects.toThrow()
  })

  test('a path that is taken is not shared', async () => {
    const { close } = await openMeeting(path)
    await expect(openMeeting(path)).rejects.toThrow(/EADDRINUSE/)
    close()
  })
})
