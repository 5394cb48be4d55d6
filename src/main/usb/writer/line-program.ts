/** A program that answers each line of its input with a line of JSON. It ends when its input does, so it never outlives this process. */
import { createInterface } from 'node:readline'
import type { CsharpProgram } from './powershell'

export class LineProgram {
  readonly #program: CsharpProgram
  readonly #lines: AsyncIterator<string>
  #complaints = ''

  constructor(program: CsharpProgram) {
    this.#program = program
    this.#lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]()
    program.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaints = (this.#complaints + text).slice(-2000)))
    // That it could not be started, or is gone, is told by the line that does not come.
    program.on('error', (error) => (this.#complaints += error.message))
    program.stdin.on('error', () => {})
  }

  /** The next line that it prints. @throws Error when it ended instead; SyntaxError when that is no JSON */
  async next(): Promise<unknown> {
    const line = await this.#lines.next()
    if (line.done === true) throw new Error(`The program that locks the drive ended. ${this.#complaints.trim()}`.trim())
    return JSON.parse(line.value)
  }

  async ask(order: string): Promise<unknown> {
    this.#program.stdin.write(`${order}\n`)
    return this.next()
  }

  end(): void {
    this.#program.stdin.end()
  }
}
