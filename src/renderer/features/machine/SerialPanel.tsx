import { useEffect, useRef, type ReactElement } from 'react'
import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import { themes, useThemeId } from '../../themes'
import { terminalTheme } from '../../themes/terminal-theme'
import type { SerialPort } from './machine'

const SCROLLBACK_LINES = 10_000

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
function SerialTerminal({ port }: { port: SerialPort }): ReactElement {
  const { machine: text } = useStrings()
  const { machine, settings } = useLab()
  const host = useRef<HTMLDivElement>(null)
  const terminal = useRef<Terminal>(null)
  const fitting = useRef<FitAddon>(null)
  const theme = useThemeId()
  const fontSize = useStore(settings.store, ({ terminalFontSize, zoom }) => (terminalFontSize * zoom) / 100)
  const empty = useStore(machine.store, (view) => view.received[port] === 0)

  useEffect(() => {
    if (!host.current) return
    // A kernel seldom sends carriage returns, and no terminal program would show its lines as a staircase.
    const created = new Terminal({
      convertEol: true,
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
    terminal.current = created
    fitting.current = fit
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
      fitting.current = null
    }
  }, [machine, port])

  useEffect(() => {
    if (terminal.current) terminal.current.options.theme = terminalTheme(themes[theme])
  }, [theme])

  useEffect(() => {
    if (terminal.current) terminal.current.options.fontSize = fontSize
    fitting.current?.fit()
  }, [fontSize])

  useEffect(() => {
    terminal.current?.textarea?.setAttribute('aria-label', port === 'com1' ? text.serialLabel : text.debugLabel)
  }, [port, text])

  return (
    <div className="serial">
      <div ref={host} className="serial-host" data-testid={`serial-${port}`} />
      {empty && (
        <div className="serial-empty">
          <EmptyState icon="serial" title={port === 'com1' ? text.serialEmpty : text.debugEmpty} hint={port === 'com1' ? text.serialEmptyHint : text.debugEmptyHint} />
        </div>
      )}
    </div>
  )
}

export const SerialPanel = (): ReactElement => <SerialTerminal port="com1" />
export const DebugPanel = (): ReactElement => <SerialTerminal port="debug" />
