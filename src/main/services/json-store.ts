/** One JSON file that the lab keeps for itself, checked when read and written atomically. */
import { readFile, rename } from 'node:fs/promises'
import type * as z from 'zod'
import { writeFileAtomically } from '../files/atomic'
import { KeyedQueue } from '../files/keyed-queue'

export class JsonStore<T> {
  readonly #file: string
  readonly #schema: z.ZodType<T>
  readonly #initial: T
  readonly #queue = new KeyedQueue()

  /** @param initial the value while nothing is stored */
  constructor(file: string, schema: z.ZodType<T>, initial: T) {
    this.#file = file
    this.#schema = schema
    this.#initial = initial
  }

  read(): Promise<T> {
    return this.#queue.run('', () => this.#load())
  }

  /** Replaces the value by what `change` makes of it; changes never interleave. */
  update(change: (value: T) => T): Promise<T> {
    return this.#queue.run('', async () => {
      const value = change(await this.#load())
      await writeFileAtomically(this.#file, JSON.stringify(value))
      return value
    })
  }

  async #load(): Promise<T> {
    let text: string
    try {
      text = await readFile(this.#file, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return this.#initial
      throw error
    }
    const value = this.#parse(text)
    if (value !== undefined) return value
    // A damaged file must not keep the lab from starting, and a person may still want to look into it.
    await rename(this.#file, `${this.#file}.damaged`)
    return this.#initial
  }

  #parse(text: string): T | undefined {
    try {
      const parsed = this.#schema.safeParse(JSON.parse(text))
      return parsed.success ? parsed.data : undefined
    } catch (error) {
      if (error instanceof SyntaxError) return undefined
      throw error
    }
  }
}
