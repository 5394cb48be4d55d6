import type { Port } from '../../src/shared/channel'

/** Two ports joined back to back; messages arrive in a later microtask, as on a real transport. */
export function portPair(): [Port, Port] {
  const sides = [0, 1].map(() => ({ messages: new Set<(m: string) => void>(), closes: new Set<() => void>() }))
  let closed = false
  const make = (own: number): Port => {
    const mine = sides[own]
    const theirs = sides[1 - own]
    if (!mine || !theirs) throw new Error('a pair has two sides')
    return {
      send(message) {
        if (!closed) queueMicrotask(() => theirs.messages.forEach((listener) => listener(message)))
      },
      onMessage(listener) {
        mine.messages.add(listener)
        return () => mine.messages.delete(listener)
      },
      onClose(listener) {
        mine.closes.add(listener)
        return () => mine.closes.delete(listener)
      },
      close() {
        if (closed) return
        closed = true
        for (const side of sides) for (const listener of side.closes) listener()
      },
    }
  }
  return [make(0), make(1)]
}
