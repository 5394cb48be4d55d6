import { useEffect, useRef, useState, type ReactElement } from 'react'
import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { EmptyState } from '../../ui/EmptyState'
import { themes, useThemeId } from '../../themes'
import { terminalTheme } from '../../themes/terminal-theme'
import { type OutputPort, SERIAL_PORTS } from '../../../shared/machine-schemas'

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

/** A terminal on one of the machine's output ports; typing reaches a serial port. */
function SerialTerminal({ port }: { port: OutputPort }): ReactElement {
  const { machine: text } = useStrings()
  const { machine, settings } = useLab()
  const serialPort = SERIAL_PORTS.find((name) => name === port)
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
      disableStdin: serialPort === undefined,
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
    const typed = created.onData((data) => serialPort && machine.sendSerial(encoder.encode(data), serialPort))
    return () => {
      typed.dispose()
      stopListening()
      resized.disconnect()
      created.dispose()
      writes.dispose()
      terminal.current = null
      fitting.current = null
    }
  }, [machine, port, serialPort])

  useEffect(() => {
    if (terminal.current) terminal.current.options.theme = terminalTheme(themes[theme])
  }, [theme])

  useEffect(() => {
    if (terminal.current) terminal.current.options.fontSize = fontSize
    fitting.current?.fit()
  }, [fontSize])

  useEffect(() => {
    terminal.current?.textarea?.setAttribute('aria-label', text.output[port].label)
  }, [port, text])

  return (
    <div className="serial">
      <div ref={host} className="serial-host" data-testid={`serial-${port}`} />
      {empty && (
        <div className="serial-empty">
          <EmptyState icon="serial" title={text.output[port].empty} hint={text.output[port].hint} />
        </div>
      )}
    </div>
  )
}

/** What can be looked at in the panel; the debug console has one of its own. */
const CHOICE = [...SERIAL_PORTS, 'lpt1'] as const

/** COM1, and the others as soon as something comes out of them. */
export function SerialPanel(): ReactElement {
  const { machine: text } = useStrings()
  const { machine } = useLab()
  const [port, setPort] = useState<(typeof CHOICE)[number]>('com1')
  const othersSpoke = useStore(machine.store, ({ received }) => CHOICE.some((name) => name !== 'com1' && received[name] > 0))
  const received = useStore(machine.store, (view) => view.received)
  const choose = (chosen: string): void => setPort(CHOICE.find((name) => name === chosen) ?? 'com1')
  return (
    <>
      {(othersSpoke || port !== 'com1') && (
        <label className="serial-choice">
          {text.outputPort}
          <select value={port} onChange={({ target }) => choose(target.value)}>
            {CHOICE.map((name) => (
              <option key={name} value={name}>
                {text.portBytes(name.toUpperCase(), received[name])}
              </option>
            ))}
          </select>
        </label>
      )}
      <SerialTerminal key={port} port={port} />
    </>
  )
}
export const DebugPanel = (): ReactElement => <SerialTerminal port="debug" />
