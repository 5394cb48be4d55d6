/** `--jit-dump`: a text and a module for every region that the backend `block` translated. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RegionDump } from '../main/services/machine-host'
import { LabError } from '../shared/failure'

const DIGITS = 4

export class JitDump {
  readonly #folder: string
  #count = 0

  /** @throws LabError when the folder cannot be made */
  constructor(folder: string) {
    this.#folder = folder
    try {
      mkdirSync(folder, { recursive: true })
    } catch (error) {
      throw new LabError({ code: 'bad-input', what: 'The folder for translated code cannot be made.', where: folder, why: error instanceof Error ? error.message : String(error), next: 'Name another one.' })
    }
  }

  /** Files are numbered in the order of translation. */
  add({ name, text, wasm }: RegionDump): void {
    const path = join(this.#folder, `${String(++this.#count).padStart(DIGITS, '0')}-${name}`)
    writeFileSync(`${path}.txt`, text)
    writeFileSync(`${path}.wasm`, wasm)
  }
}
