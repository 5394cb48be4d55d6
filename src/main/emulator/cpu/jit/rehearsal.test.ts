import { expect, it } from 'vitest'
import { rehearseTranslation } from './rehearsal'

/** Of each of the three code modes, five times. */
const PROGRAMS = 15

it('translates programs of all code modes into valid modules, which differ', () => {
  const rehearsal = rehearseTranslation()
  const modules = Array.from({ length: PROGRAMS }, () => rehearsal.next().value)
  for (const bytes of modules) {
    expect(WebAssembly.validate(bytes)).toBe(true)
  }
  expect(new Set(modules.map((bytes) => bytes.join())).size).toBe(PROGRAMS)
  // As many instructions as a region of a guest may have, not a few with the rest cut off.
  expect(modules.filter(({ length }) => length > 2500).length).toBeGreaterThan(PROGRAMS / 2)
})

it('is the same each time', () => {
  const [a, b] = [rehearseTranslation(7), rehearseTranslation(7)]
  for (let program = 0; program < 6; program++) expect(a.next().value).toEqual(b.next().value)
})
