/** A short run of `npm run fuzz:images`, always the same inputs; and the inputs that once showed a defect. Alone it takes about 10 s. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { inputOf, tryInput } from './fuzz'
import { makeSeeds, type Seeds } from './seeds'
import { examineConfig, examineManifest, examineTwice } from './targets'

const INPUTS = 600
const FIXTURES = join(import.meta.dirname, '../../fixtures/image-fuzz')

let seeds: Seeds
beforeAll(async () => {
  seeds = await makeSeeds()
}, 120_000)

describe('damaged files', () => {
  test('an answer or an error with a name comes of each', async () => {
    const touched = new Set<string>()
    for (let number = 1; number <= INPUTS; number++) {
      const { seed, restore } = inputOf(number, seeds)
      restore()
      touched.add(seed)
      const defect = await tryInput(number, seeds)
      expect(defect && `${defect.input} (${defect.seed}): ${defect.what}`).toBeUndefined()
    }
    expect(touched.size).toBeGreaterThan(20)
  }, 120_000)

  test('a defect is told, with the input that shows it', async () => {
    // Stages of no possible size: the builder throws what is no ImageError, for every kernel that it would take.
    const broken: Seeds = { ...seeds, bytes: seeds.bytes.slice(0, 2), loader: { stage1: new Uint8Array(3), stage2: new Uint8Array(3) } }
    let defects = 0
    for (let number = 1; number <= 600 && defects === 0; number++) {
      const defect = await tryInput(number, broken)
      if (!defect) continue
      defects++
      expect(defect).toMatchObject({ input: number, what: expect.stringContaining('RangeError') })
      expect(defect.content.length).toBeGreaterThan(0)
    }
    expect(defects).toBeGreaterThan(0)
  })

  test('the same number is the same input, and seeds stay as they are', () => {
    const before = seeds.bytes.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'))
    for (let number = 1; number <= 400; number++) {
      const [first, second] = [0, 1].map(() => {
        const input = inputOf(number, seeds)
        const content = input.content()
        input.restore()
        return createHash('sha256').update(content).digest('hex')
      })
      expect(second).toBe(first)
    }
    expect(seeds.bytes.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'))).toEqual(before)
  })
})

/** What examines a kept input, by its file's ending. */
const EXAMINERS: Readonly<Record<string, (content: Buffer) => void>> = {
  bin: (content) => examineTwice(new Uint8Array(content)),
  cfg: (content) => examineConfig(content.toString('utf8')),
  json: (content) => examineManifest(content.toString('utf8')),
}

test.each(readdirSync(FIXTURES))('kept input %s', (name) => {
  const examine = EXAMINERS[name.split('.').at(-1) ?? '']
  expect(examine).toBeDefined()
  examine?.(readFileSync(join(FIXTURES, name)))
})
