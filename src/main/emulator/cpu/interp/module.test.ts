import { describe, expect, it } from 'vitest'
import { assembleGroup, assembleInterpreter } from './module'
import { unitGroups } from '../isa'
import { coldVariants, unitGroup } from './variants'

describe('the interpreter module', () => {
  it('is valid WebAssembly, as are those of the groups, with a handler for every variant', () => {
    for (const translates of [false, true]) expect(WebAssembly.validate(assembleInterpreter(translates))).toBe(true)
    const groups = unitGroups.map((_, index) => unitGroup(index))
    for (const group of groups) expect(WebAssembly.validate(assembleGroup(group))).toBe(true)
    expect(groups.reduce((sum, { variants }) => sum + variants.length, coldVariants.length)).toBeGreaterThan(1000)
  })

  it('is the same each time', () => {
    expect(Buffer.compare(assembleInterpreter(true), assembleInterpreter(true))).toBe(0)
  })
})
