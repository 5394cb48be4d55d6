/** What the two doors agree on with the renderer: names, and how a transport becomes a `Port`. */
import type { Port } from './channel'

/** Path of the WebSocket, on the same origin as the page. */
export const SOCKET_PATH = '/channel'
/** Query parameter, of the page and of the WebSocket, that carries the access token. */
export const TOKEN_PARAMETER = 'token'
/** The preload script puts its bridge at `window.bootlab`; without it the renderer opens the WebSocket. */
export const BRIDGE_NAME = 'bootlab'

/** All that the preload script shows to the page. */
export interface Bridge {
  send(message: string): void
  /** Returns a function that removes the listener. */
  onMessage(listener: (message: string) => void): () => void
}

/** The bridge as a port. It closes only with the window. */
export function portOverBridge(bridge: Bridge): Port {
  const removers = new Set<() => void>()
  return {
    send: (message) => bridge.send(message),
    onMessage(listener) {
      const remove = bridge.onMessage(listener)
      removers.add(remove)
      return remove
    },
    onClose: () => () => undefined,
    close() {
      for (const remove of removers) remove()
      removers.clear()
    },
  }
}

/** What a browser's WebSocket and the one of `ws` have in common. */
export interface SocketLike {
  send(message: string): void
  close(): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: () => void): void
  removeEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  removeEventListener(type: 'close', listener: () => void): void
}

/** An open WebSocket as a port. Binary messages close it: the protocol has none. */
export function portOverSocket(socket: SocketLike): Port {
  return {
    send: (message) => socket.send(message),
    onMessage(listener) {
      const handle = (event: { data: unknown }): void => {
        if (typeof event.data === 'string') listener(event.data)
        else socket.close()
      }
      socket.addEventListener('message', handle)
      return () => socket.removeEventListener('message', handle)
    },
    onClose(listener) {
      socket.addEventListener('close', listener)
      return () => socket.removeEventListener('close', listener)
    },
    close: () => socket.close(),
  }
}
