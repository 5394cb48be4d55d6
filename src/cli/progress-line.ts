/** How far a write is: one line that is written over in a terminal, or a JSON object a step. */
import { Pace } from '../shared/pace'

const PHASES: Readonly<Record<string, string>> = { checking: 'Checking the drive', unmounting: 'Closing its file systems', erasing: 'Erasing', packing: 'Packing', writing: 'Writing', verifying: 'Reading back', finishing: 'Finishing' }
const MIB = 1 << 20

export class ProgressLine {
  readonly #json: boolean
  readonly #pace = new Pace()

  constructor(json: boolean) {
    this.#json = json
  }

  readonly show = ({ phase, done, total }: { phase: string; done: number; total: number }): void => {
    const { bytesPerSecond, secondsLeft } = this.#pace.at(phase, done, total)
    if (this.#json) console.log(JSON.stringify({ phase, done, total, bytesPerSecond, secondsLeft }))
    else if (process.stderr.isTTY) {
      const parts = [
        PHASES[phase] ?? phase,
        total > 0 && `${Math.floor((done / total) * 100)} %`,
        bytesPerSecond !== undefined && `${(bytesPerSecond / MIB).toFixed(1)} MiB/s`,
        secondsLeft !== undefined && `${timeText(secondsLeft)} left`,
      ]
      process.stderr.write(`\r${parts.filter((part) => part !== false).join(', ')}\u001B[K`)
    }
  }

  /** Takes the line away. */
  end(): void {
    if (!this.#json && process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  }
}

function timeText(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
