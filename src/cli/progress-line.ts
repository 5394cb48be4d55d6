/** How far a write is: one line that is written over in a terminal, or a JSON object a step. */
import { paced } from '../main/services/write-pace'
import type { WriteProgress } from '../shared/usb'

const PHASES: Readonly<Record<WriteProgress['phase'], string>> = { checking: 'Checking the drive', unmounting: 'Closing its file systems', erasing: 'Erasing', writing: 'Writing', verifying: 'Reading back', finishing: 'Finishing' }
const MIB = 1 << 20

export class ProgressLine {
  readonly #json: boolean
  readonly show = paced((progress) => this.#print(progress))

  constructor(json: boolean) {
    this.#json = json
  }

  #print({ phase, done, total, bytesPerSecond, secondsLeft }: WriteProgress): void {
    if (this.#json) console.log(JSON.stringify({ phase, done, total, bytesPerSecond, secondsLeft }))
    else if (process.stderr.isTTY) {
      const parts = [
        PHASES[phase],
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
