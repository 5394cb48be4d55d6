import { expect, it } from 'vitest'
import { ModuleBuilder } from './module-builder'
import { moduleText } from './text'

it('writes what was built in the text format, a statement a line', () => {
  const module = new ModuleBuilder()
  module.importMemory('host', 'memory', 1)
  const add = module.importFunction('host', 'add', { parameters: ['i64', 'i64'], results: ['i64'] })
  const index = module.function({ parameters: ['i32', 'i64'], results: ['i64'] }, (body) => {
    const [count, vector] = [body.local('i32'), body.local('v128')]
    const done = body.block()
    const again = body.loop()
    body.get(count)
    body.i32(-5)
    body.op('i32_lt_s')
    body.if()
    body.brTable([again], done)
    body.else()
    body.i32(8)
    body.i64(0xffff_0000_0000n)
    body.memory('i64_store', 24)
    body.end()
    body.i32(0)
    body.simdMemory('v128_load', 16)
    body.v128(1n << 64n)
    body.simd('i64x2_add')
    body.simdShuffle([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    body.set(vector)
    body.get(vector)
    body.simdLane('i32x4_extract_lane', 2)
    body.brIf(again)
    body.end()
    body.end()
    body.get(1)
    body.i64(-1n)
    body.call(add)
  })
  module.exportFunction('f', index)
  expect(moduleText(module.finish())).toBe(`(module
  (import "host" "add" (func (param i64 i64) (result i64)))
  (import "host" "memory" (memory 1))
  (func $1 (export "f") (param i32 i64) (result i64)
    (local i32 v128)
    block
      loop
        local.get 2 i32.const -5 i32.lt_s if
          br_table 1 2
        else
          i32.const 8 i64.const 0xffff00000000 i64.store offset=24
        end
        i32.const 0 v128.load offset=16 v128.const i64x2 0x0000000000000000 0x0000000000000001 i64x2.add i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 local.tee 3 i32x4.extract_lane 2 br_if 0
      end
    end
    local.get 1 i64.const -1 call $0))
`)
})

it('refuses what no builder makes', () => {
  const module = new ModuleBuilder()
  module.function({ parameters: [], results: [] }, (body) => body.op('drop'))
  const bytes = module.finish()
  expect(() => moduleText(bytes.map((byte) => (byte === 0x1a ? 0x06 : byte)))).toThrow('There is no instruction 0x6 in the tables.')
})
