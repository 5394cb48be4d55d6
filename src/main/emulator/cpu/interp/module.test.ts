import { describe, expect, it } from 'vitest'
import { assembleInterpreter } from './module'
import { variants } from './variants'

describe('the interpreter module', () => {
  it('is valid WebAssembly with a handler for every variant', () => {
    const started = performance.now()
    const bytes = assembleInterpreter()
    const assembled = performance.now()
    expect(WebAssembly.validate(bytes)).toBe(true)
    const module = new WebAssembly.Module(bytes)
    const done = performance.now()
    expect(module).toBeInstanceOf(WebAssembly.Module)
    expect(variants.length).toBeGreaterThan(100)
  })
})
