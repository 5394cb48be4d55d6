import { useEffect, useRef, type ReactElement } from 'react'
import { FitAddon } from '@xterm/addon-fit'
import { Terminal, type ITheme } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { EmptyState } from '../../ui/EmptyState'
import { useDarkScheme } from '../../ui/use-dark-scheme'
import type { SerialPort } from './machine'

const { machine: text } = strings
const SCROLLBACK_LINES = 10_000

const dark: ITheme = { background: '#12161c', foreground: '#d6dce5', cursor: '#f2a93b', selectionBackground: '#2f4e76' }
const light: ITheme = {
  background: '#ffffff',
  foreground: '#1d2530',
  cursor: '#9a5b00',
  selectionBackground: '#bcd4f5',
  white: '#5b6675',
  brightWhite: '#1d2530',
  yellow: '#8a5a00',
  brightYellow: '#8a5a00',
}

/** Writes to a terminal that say when they are shown, so at most once per frame; a terminal that is disposed of has shown them all. */
class PendingWrites {
  readonly #terminal: Terminal
  readonly #waiting = new Set<() => void>()

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        resolve()
      }
      this.#waiting.add(done)
      this.#terminal.write(bytes, () => requestAnimationFrame(done))
    })
  }

  dispose(): void {
    for (const done of this.#waiting) done()
  }
}

/** A terminal on one of the machine's output ports; typing reaches COM1. */
export function SerialPane({ port }: { port: SerialPort }): ReactElement {
  const { machine } = useLab()
  const host = useRef<HTMLDivElement>(null)
  const terminal = useRef<Terminal>(null)
  const isDark = useDarkScheme()
  const empty = useStore(machine.store, (view) => view.received[port] === 0)

  useEffect(() => {
    if (!host.current) return
    // A kernel seldom sends carriage returns, and no terminal program would show its lines as a staircase.
    const created = new Terminal({
      convertEol: true,
      fontSize: 12.5,
      fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
      scrollback: SCROLLBACK_LINES,
      // It logs every byte that is no text, and a kernel may send what it likes.
      logLevel: 'off',
      disableStdin: port !== 'com1',
      cursorInactiveStyle: 'outline',
    })
    const fit = new FitAddon()
    created.loadAddon(fit)
    created.open(host.current)
    created.textarea?.setAttribute('aria-label', port === 'com1' ? text.serialLabel : text.debugLabel)
    terminal.current = created
    const resized = new ResizeObserver(() => fit.fit())
    resized.observe(host.current)
    const writes = new PendingWrites(created)
    const stopListening = machine.onSerial((from, bytes) => {
      if (from !== port) return undefined
      if (bytes !== 'cleared') return writes.write(bytes)
      created.reset()
      return undefined
    })
    const encoder = new TextEncoder()
    const typed = created.onData((data) => machine.sendSerial(encoder.encode(data)))
    return () => {
      typed.dispose()
      stopListening()
      resized.disconnect()
      created.dispose()
      writes.dispose()
      terminal.current = null
    }
  }, [machine, port])

  useEffect(() => {
    if (terminal.current) terminal.current.options.theme = isDark ? dark : light
  }, [isDark])

  return (
    <div className="serial">
      <div ref={host} className="serial-host" data-testid={`serial-${port}`} />
      {empty && (
        <div className="serial-empty">
          <EmptyState icon="serial" title={text.serialEmpty} hint={text.serialEmptyHint} />
        </div>
      )}
    </div>
  )
}
