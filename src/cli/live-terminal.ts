/** A person's terminal as the machine's monitor and keyboard. */
import type { KeyEvent, Screen, TextScreen } from '../shared/machine-schemas'
import { ENTER_SCREEN, LEAVE_SCREEN, paint, paintPicture, readInput } from './terminal'

const CLEAR = '\u001b[0m\u001b[2J'
const [PC_COLUMNS, PC_ROWS] = [80, 25] as const

export interface LiveInput {
  interrupt(): void
  keys(events: KeyEvent[]): void
  text(text: string): void
}

export class LiveTerminal {
  /** Text that the terminal shows now; undefined: something else. */
  #shown: TextScreen | undefined
  #latest: Screen | undefined
  #open = false
  #onInput: ((chunk: Buffer) => void) | undefined
  readonly #repaint = (): void => {
    this.#shown = undefined
    process.stdout.write(CLEAR)
    if (this.#latest) this.show(this.#latest)
  }

  open(input: LiveInput): void {
    this.#open = true
    process.stdout.write(ENTER_SCREEN)
    process.stdin.setRawMode(true)
    this.#onInput = (chunk) => {
      const read = readInput(chunk.toString('utf8'))
      if (read?.type === 'interrupt') input.interrupt()
      else if (read?.type === 'keys') input.keys(read.events)
      else if (read?.type === 'text') input.text(read.text)
    }
    process.stdin.on('data', this.#onInput)
    process.stdout.on('resize', this.#repaint)
    if (this.#latest) this.show(this.#latest)
  }

  show(screen: Screen): void {
    this.#latest = screen
    if (!this.#open) return
    // A terminal of unknown size says 0; every one has room for the PC's text mode, then.
    const size = { columns: process.stdout.columns || PC_COLUMNS, rows: process.stdout.rows || PC_ROWS }
    if (screen.mode === 'graphics') {
      process.stdout.write(paintPicture(screen, size))
      this.#shown = undefined
      return
    }
    // What was graphics may have been larger than the text.
    if (!this.#shown) process.stdout.write(CLEAR)
    process.stdout.write(paint(screen, this.#shown, size))
    this.#shown = screen
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    if (this.#onInput) process.stdin.off('data', this.#onInput)
    process.stdout.off('resize', this.#repaint)
    process.stdin.setRawMode(false)
    process.stdin.pause()
    process.stdout.write(LEAVE_SCREEN)
  }
}
