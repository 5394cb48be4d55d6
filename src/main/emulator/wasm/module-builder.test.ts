import { describe, expect, it } from 'vitest'
import { ByteWriter } from './byte-writer'
import { ModuleBuilder } from './module-builder'

function run(bytes: Uint8Array, imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}): Record<string, unknown> {
  expect(WebAssembly.validate(bytes)).toBe(true)
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports
}

function exported(exports: Record<string, unknown>, name: string): (...args: unknown[]) => unknown {
  const value = exports[name]
  if (typeof value !== 'function') throw new TypeError(`${name} is not an exported function.`)
  return (...args) => Reflect.apply(value, undefined, args)
}

describe('ByteWriter', () => {
  it.each([
    [0, [0x00]], [-1, [0x7f]], [63, [0x3f]], [64, [0xc0, 0x00]], [-64, [0x40]], [-65, [0xbf, 0x7f]],
    [0x7fffffff, [0xff, 0xff, 0xff, 0xff, 0x07]], [-0x80000000, [0x80, 0x80, 0x80, 0x80, 0x78]],
  ])('encodes signed %i', (value, bytes) => {
    const writer = new ByteWriter()
    writer.signed(value)
    writer.signed64(BigInt(value))
    expect([...writer.finish()]).toEqual([...bytes, ...bytes])
  })

  it('encodes unsigned values', () => {
    const writer = new ByteWriter()
    writer.unsigned(0xffff_ffff)
    writer.unsigned(128)
    expect([...writer.finish()]).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f, 0x80, 0x01])
  })
})

describe('ModuleBuilder', () => {
  it('runs 64-bit constants of every length', () => {
    const values = [0n, 1n, -1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffff_ffffn, 1n << 62n, -(1n << 63n)]
    const module = new ModuleBuilder()
    for (const [index, value] of values.entries()) {
      const id = module.function({ parameters: [], results: ['i64'] }, (body) => body.i64(value))
      module.exportFunction(`f${index}`, id)
    }
    const exports = run(module.finish())
    expect(values.map((_, index) => exported(exports, `f${index}`)())).toEqual(values)
  })

  it('computes with locals, loops and branches', () => {
    const module = new ModuleBuilder()
    const index = module.function({ parameters: ['i64'], results: ['i64'] }, (body) => {
      const product = body.local('i64')
      body.i64(1n)
      body.set(product)
      const done = body.block()
      const again = body.loop()
      body.get(0)
      body.op('i64_eqz')
      body.brIf(done)
      body.get(product)
      body.get(0)
      body.op('i64_mul')
      body.set(product)
      body.get(0)
      body.i64(1n)
      body.op('i64_sub')
      body.set(0)
      body.br(again)
      body.end()
      body.end()
      body.get(product)
    })
    module.exportFunction('factorial', index)
    expect(exported(run(module.finish()), 'factorial')(20n)).toBe(2432902008176640000n)
  })

  it('turns set and get of one local into tee, and keeps the value', () => {
    const module = new ModuleBuilder()
    const index = module.function({ parameters: ['i32'], results: ['i32'] }, (body) => {
      const local = body.local('i32')
      body.get(0)
      body.i32(5)
      body.op('i32_add')
      body.set(local)
      body.get(local)
      body.get(local)
      body.op('i32_mul')
    })
    module.exportFunction('f', index)
    const bytes = module.finish()
    expect(bytes).toContain(0x22)
    expect(exported(run(bytes), 'f')(2)).toBe(49)
  })

  it('calls imports, through the table, and uses the imported memory', () => {
    const module = new ModuleBuilder()
    const seen: number[] = []
    const report = module.importFunction('host', 'report', { parameters: ['i32'], results: [] })
    module.importMemory('host', 'memory', 1)
    const handler = { parameters: ['i32'], results: [] } as const
    const handlers = [1, 2].map((factor) => {
      const index = module.function(handler, (body) => {
        body.get(0)
        body.memory('i32_load', 4)
        body.i32(factor)
        body.op('i32_mul')
        body.call(report)
      })
      return index
    })
    module.importTable('host', 'handlers', 3)
    module.elements(1, handlers)
    const index = module.function({ parameters: ['i32'], results: [] }, (body) => {
      body.i32(8)
      body.get(0)
      body.callIndirect(module.type(handler))
    })
    module.exportFunction('dispatch', index)
    const memory = new WebAssembly.Memory({ initial: 1 })
    new DataView(memory.buffer).setUint32(12, 21, true)
    const dispatch = exported(run(module.finish(), { host: { memory, handlers: new WebAssembly.Table({ initial: 3, element: 'anyfunc' }), report: (value: number) => seen.push(value) } }), 'dispatch')
    dispatch(1)
    dispatch(2)
    expect(seen).toEqual([21, 42])
  })

  it('jumps by table', () => {
    const module = new ModuleBuilder()
    const index = module.function({ parameters: ['i32'], results: ['i32'] }, (body) => {
      const otherwise = body.block()
      const one = body.block()
      const zero = body.block()
      body.get(0)
      body.brTable([zero, one], otherwise)
      body.end()
      body.i32(100)
      body.op('return')
      body.end()
      body.i32(101)
      body.op('return')
      body.end()
      body.i32(-1)
    })
    module.exportFunction('f', index)
    const f = exported(run(module.finish()), 'f')
    expect([f(0), f(1), f(2), f(-1)]).toEqual([100, 101, -1, -1])
  })

  it('refuses what would shift indices or leave blocks open', () => {
    const module = new ModuleBuilder()
    module.function({ parameters: [], results: [] }, () => undefined)
    expect(() => module.importFunction('host', 'late', { parameters: [], results: [] })).toThrow(/shift/)
    expect(() => module.function({ parameters: [], results: [] }, (body) => body.block())).toThrow(/1 blocks/)
  })
})
