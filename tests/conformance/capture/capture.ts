/** A file of vectors: random tests of some forms, executed, as lines. */
import { Random } from '../../../src/main/emulator/cpu/semantics/random'
import type { Mode } from '../single-step/format'
import type { Form } from './forms'
import { executions, Generator, randomBase, SEGMENTS, type Test } from './generate'
import type { Processor } from './processor'
import { agree, headerLine, testLine, withoutInt3 } from './vectors'

export interface CaptureOptions {
  readonly mode: Mode
  /** Name of the file. */
  readonly file: string
  readonly forms: readonly Form[]
  /** Tests of each form. */
  readonly perForm: number
  readonly seed: number
  /** The processor's name, for the header. */
  readonly cpu: string
}

export interface Captured {
  /** Header and tests; none where there are no forms. */
  readonly lines: readonly string[]
  /** Tests that are left out because two executions of them differ. */
  readonly disagreements: readonly string[]
}

/** @throws when the processor did what no test does */
export function captureFile(processor: Processor, { mode, file, forms, perForm, seed, cpu }: CaptureOptions): Captured {
  const name = [...file].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7)
  const random = new Random(seed * 0x9e37 + mode * 0x101 + name)
  const base = randomBase(random, mode)
  const generator = new Generator(random, mode, base)
  const tests: Test[] = forms.flatMap((form) => Array.from({ length: perForm }, () => generator.make(form)))
  const both = tests.map(executions)
  const first = processor.execute(both.map(([start]) => start)).map(withoutInt3)
  const second = processor.execute(both.map(([, start]) => start)).map(withoutInt3)
  const lines: string[] = []
  const disagreements: string[] = []
  tests.forEach((test, index) => {
    const [end, again] = [first[index], second[index]]
    if (end === undefined || again === undefined) return
    if (agree(end, again)) lines.push(testLine(base, test, end))
    else disagreements.push(`${test.name} ${Buffer.from(test.bytes).toString('hex')}: vectors ${end.vector}, ${again.vector}`)
  })
  return { lines: [headerLine(mode, file, cpu, lines.length, seed, base, { ...SEGMENTS[mode] }), ...lines], disagreements }
}
