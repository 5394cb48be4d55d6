/** Which door the page came through: Electron's preload bridge when it is there, else a WebSocket to the page's origin. */
import type { Port } from '../../shared/channel'
import { BRIDGE_NAME, portOverBridge, portOverSocket, SOCKET_PATH, TOKEN_PARAMETER, type Bridge } from '../../shared/doors'
import { LabError } from '../../shared/failure'
import { currentStrings } from '../strings'

export type OpenPort = () => Promise<Port>

const CONNECT_TIMEOUT_MS = 5000

export function openPortFor(page: Window): OpenPort {
  const bridge: unknown = Reflect.get(page, BRIDGE_NAME)
  if (isBridge(bridge)) return () => Promise.resolve(portOverBridge(bridge))
  return () => openSocket(page.location)
}

function openSocket(location: Location): Promise<Port> {
  const url = new URL(SOCKET_PATH, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.search = ''
  url.searchParams.set(TOKEN_PARAMETER, new URLSearchParams(location.search).get(TOKEN_PARAMETER) ?? '')
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const fail = (): void => {
      clearTimeout(timer)
      socket.close()
      reject(new LabError({ code: 'disconnected', what: currentStrings().connection.cannotConnect, where: url.host }))
    }
    const timer = setTimeout(fail, CONNECT_TIMEOUT_MS)
    socket.addEventListener('error', fail, { once: true })
    socket.addEventListener(
      'open',
      () => {
        clearTimeout(timer)
        socket.removeEventListener('error', fail)
        resolve(portOverSocket(socket))
      },
      { once: true },
    )
  })
}

function isBridge(value: unknown): value is Bridge {
  return (
    typeof value === 'object' &&
    value !== null &&
    'send' in value &&
    typeof value.send === 'function' &&
    'onMessage' in value &&
    typeof value.onMessage === 'function'
  )
}
