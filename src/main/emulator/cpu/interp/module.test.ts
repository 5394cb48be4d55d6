import { describe, expect, it } from 'vitest'
import { assembleGroup, assembleInterpreter } from './module'
import { lateGroups, variants } from './variants'

describe('the interpreter module', () => {
  it('is valid WebAssembly, as are those of the groups, with a handler for every variant', () => {
    expect(WebAssembly.validate(assembleInterpreter())).toBe(true)
    for (const group of lateGroups) expect(WebAssembly.validate(assembleGroup(group))).toBe(true)
    expect(variants.length).toBeGreaterThan(1000)
  })

  it('is the same each time', () => {
    expect(Buffer.compare(assembleInterpreter(), assembleInterpreter())).toBe(0)
  })
})
