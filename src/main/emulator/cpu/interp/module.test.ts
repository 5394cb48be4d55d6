import { describe, expect, it } from 'vitest'
import { assembleInterpreter, assembleLateHandlers } from './module'
import { variants } from './variants'

describe('the interpreter module', () => {
  it('is valid WebAssembly with a handler for every variant', () => {
    const bytes = assembleInterpreter()
    expect(WebAssembly.validate(bytes)).toBe(true)
    expect(WebAssembly.validate(assembleLateHandlers())).toBe(true)
    expect(variants.length).toBeGreaterThan(1000)
  })

  it('is the same each time', () => {
    expect(Buffer.compare(assembleInterpreter(), assembleInterpreter())).toBe(0)
  })
})
