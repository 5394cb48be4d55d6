import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildKernel } from '../build'
import { elfOf, projectFrom } from '../testing'
import { locateZig, runZig } from '../zig'
import { RUNTIME_HEADERS, RUNTIME_SOURCES } from './runtime-sources'

/**
 * The runtime compiled to WebAssembly, where Node can call it with any value: 64-bit functions as they are on i386 (a `long` of 32
 * bits, no __int128), 128-bit ones through a pair of functions that split the arguments.
 */
interface Runtime {
  call(name: string, ...args: (bigint | number)[]): unknown
  memory: Uint8Array
}

/** WebAssembly has its own 128-bit integers in clang; without this definition the sources are what they are on i386. */
const NARROW = ['-U__SIZEOF_INT128__']

/** 128-bit arguments and results as halves; the result's high half and a remainder lie at address 16 and 32. */
const WRAPPERS = ['udiv', 'umod', 'div', 'mod']
  .map((name) => `__int128 __${name}ti3(__int128, __int128);
__attribute__((export_name("${name}"))) unsigned long long w_${name}(unsigned long long ah, unsigned long long al, unsigned long long bh, unsigned long long bl) {
  unsigned __int128 r = (unsigned __int128)__${name}ti3((__int128)((unsigned __int128)ah << 64 | al), (__int128)((unsigned __int128)bh << 64 | bl));
  *(volatile unsigned long long *)16 = (unsigned long long)(r >> 64);
  return (unsigned long long)r;
}`)
  .join('\n')

async function load(extra: readonly string[], wrappers = '', without: readonly string[] = []): Promise<Runtime> {
  const dir = await mkdtemp(join(tmpdir(), 'bootlab-test-'))
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(await toWebAssembly(dir, extra, wrappers, without)))
    const { memory } = exports
    if (!(memory instanceof WebAssembly.Memory)) throw new Error('The module has no memory.')
    return {
      memory: new Uint8Array(memory.buffer),
      call: (name, ...args) => {
        const found = exports[name]
        if (typeof found !== 'function') throw new Error(`The runtime has no ${name}.`)
        const result: unknown = Reflect.apply(found, undefined, args)
        return result
      },
    }
  } finally {
    await rm(dir, { recursive: true })
  }
}

async function toWebAssembly(dir: string, extra: readonly string[], wrappers: string, without: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const zig = locateZig()
  for (const [name, text] of Object.entries({ ...RUNTIME_HEADERS, ...RUNTIME_SOURCES, 'wrappers.c': wrappers })) await writeFile(join(dir, name), text)
  const sources = [...Object.keys(RUNTIME_SOURCES), 'wrappers.c'].filter((name) => !without.includes(name))
  const compiled = await runZig({ tool: 'clang', args: ['--no-default-config', '--target=wasm32-unknown-unknown', '-O1', '-ffreestanding', '-fno-builtin', '-w', ...extra, '-c', ...sources], cwd: dir }, zig)
  expect(compiled.stderr).toBe('')
  const linked = await runZig({ tool: 'wasm-ld', args: ['--no-entry', '--export-all', ...sources.map((name) => name.replace(/c$/, 'o')), '-o', 'runtime.wasm'], cwd: dir }, zig)
  expect(linked.stderr).toBe('')
  return new Uint8Array(await readFile(join(dir, 'runtime.wasm')))
}

/** Numbers around every place where an algorithm can go wrong, and some that look random but are always the same. */
function numbers(bits: number): bigint[] {
  const edges = [0n, 1n, 2n, 3n, 10n, 0xffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0x1_0000_0001n]
  const powers = Array.from({ length: bits / 8 }, (_, index) => 1n << BigInt(index * 8 + 7)).flatMap((power) => [power - 1n, power, power + 1n])
  let state = 0x9e3779b97f4a7c15n
  const mixed = Array.from({ length: 24 }, (_, index) => {
    state = BigInt.asUintN(bits, state * 6364136223846793005n + 1442695040888963407n)
    return state >> BigInt((index * 5) % bits)
  })
  return [...edges, ...powers, ...mixed, (1n << BigInt(bits)) - 1n, (1n << BigInt(bits)) - 2n]
}

const asBigInt = (value: unknown): bigint => (typeof value === 'bigint' ? value : BigInt(Number(value)))

describe('64-bit integers, as i386 needs them', () => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await load(NARROW)
  })
  const pairs = numbers(64).flatMap((a) => numbers(64).map((b): [bigint, bigint] => [a, b]))
  const signed = (value: bigint): bigint => BigInt.asIntN(64, value)
  const unsignedCall = (name: string, ...args: (bigint | number)[]): bigint => BigInt.asUintN(64, asBigInt(runtime.call(name, ...args)))

  it('divide as BigInt does', () => {
    for (const [a, b] of pairs) {
      if (b === 0n) continue
      expect(unsignedCall('__udivdi3', a, b), `${a} / ${b}`).toBe(a / b)
      expect(unsignedCall('__umoddi3', a, b), `${a} % ${b}`).toBe(a % b)
      expect(unsignedCall('__udivmoddi4', a, b, 64)).toBe(a / b)
      expect(new DataView(runtime.memory.buffer).getBigUint64(64, true)).toBe(a % b)
      const [x, y] = [signed(a), signed(b)]
      expect(signed(asBigInt(runtime.call('__divdi3', x, y))), `${x} / ${y}`).toBe(signed(x / y))
      expect(signed(asBigInt(runtime.call('__moddi3', x, y))), `${x} % ${y}`).toBe(x % y)
      expect(signed(asBigInt(runtime.call('__divmoddi4', x, y, 72)))).toBe(signed(x / y))
      expect(new DataView(runtime.memory.buffer).getBigInt64(72, true)).toBe(x % y)
    }
  })

  it('divided by 0 end as the processor ends them', () => {
    for (const name of ['__udivdi3', '__umoddi3', '__divdi3', '__moddi3']) {
      expect(() => runtime.call(name, 5n, 0n), name).toThrow(WebAssembly.RuntimeError)
      expect(() => runtime.call(name, 1n << 40n, 0n), name).toThrow(WebAssembly.RuntimeError)
    }
  })

  it('are shifted as BigInt does', () => {
    for (const value of numbers(64)) {
      for (let by = 0; by < 64; by++) {
        expect(unsignedCall('__ashldi3', value, by), `${value} << ${by}`).toBe(BigInt.asUintN(64, value << BigInt(by)))
        expect(unsignedCall('__lshrdi3', value, by), `${value} >>> ${by}`).toBe(value >> BigInt(by))
        expect(signed(asBigInt(runtime.call('__ashrdi3', signed(value), by))), `${signed(value)} >> ${by}`).toBe(signed(value) >> BigInt(by))
      }
    }
  })

  it('are multiplied with their overflow', () => {
    for (const [a, b] of pairs) {
      const [x, y] = [signed(a), signed(b)]
      expect(signed(asBigInt(runtime.call('__mulodi4', x, y, 64))), `${x} * ${y}`).toBe(signed(x * y))
      expect(new DataView(runtime.memory.buffer).getInt32(64, true), `overflow of ${x} * ${y}`).toBe(signed(x * y) === x * y ? 0 : 1)
    }
  })
})

describe('128-bit integers, as x86-64 needs them', () => {
  it('divide as BigInt does', async () => {
    // WebAssembly has no wide multiplication: clang would call what this very function is for.
    const runtime = await load([], WRAPPERS, ['mulo.c'])
    const high = (value: bigint): bigint => BigInt.asIntN(64, value >> 64n)
    const low = (value: bigint): bigint => BigInt.asIntN(64, value)
    const call = (name: string, a: bigint, b: bigint): bigint => {
      const result = BigInt.asUintN(64, asBigInt(runtime.call(name, high(a), low(a), high(b), low(b))))
      return (new DataView(runtime.memory.buffer).getBigUint64(16, true) << 64n) | result
    }
    for (const a of numbers(128)) {
      for (const b of numbers(128)) {
        if (b === 0n) continue
        const [x, y] = [BigInt.asIntN(128, a), BigInt.asIntN(128, b)]
        expect(call('udiv', a, b), `${a} / ${b}`).toBe(a / b)
        expect(call('umod', a, b), `${a} % ${b}`).toBe(a % b)
        expect(call('div', a, b), `${x} / ${y}`).toBe(BigInt.asUintN(128, x / y))
        expect(call('mod', a, b), `${x} % ${y}`).toBe(BigInt.asUintN(128, x % y))
      }
    }
  })
})

describe('memory', () => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await load(NARROW)
  })
  const START = 40_000
  const fill = (): void => {
    for (let at = 0; at < 256; at++) runtime.memory[START + at] = (at * 7 + 3) & 0xff
  }
  const now = (): number[] => Array.from(runtime.memory.subarray(START, START + 256))
  const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 65]

  it('is moved, however the places overlap', () => {
    for (const length of lengths) {
      for (const from of [64, 65, 67]) {
        for (const to of [64, 65, 66, 61, 60, 72, 50, 130]) {
          fill()
          const expected = runtime.memory.slice(START, START + 256).copyWithin(to, from, from + length)
          expect(runtime.call('memmove', START + to, START + from, length)).toBe(START + to)
          expect(now(), `${length} bytes from ${from} to ${to}`).toEqual(Array.from(expected))
        }
      }
    }
  })

  it('is copied, set and compared', () => {
    for (const length of lengths) {
      fill()
      const expected = runtime.memory.slice(START, START + 256).copyWithin(131, 3, 3 + length)
      expect(runtime.call('memcpy', START + 131, START + 3, length)).toBe(START + 131)
      expect(now()).toEqual(Array.from(expected))
      expect(runtime.call('memcmp', START + 131, START + 3, length)).toBe(0)
      expected.fill(0xa5, 17, 17 + length)
      expect(runtime.call('memset', START + 17, 0x1a5, length)).toBe(START + 17)
      expect(now()).toEqual(Array.from(expected))
    }
    runtime.memory.set([1, 2, 200], START)
    runtime.memory.set([1, 2, 100], START + 10)
    expect(Number(runtime.call('memcmp', START, START + 10, 3))).toBeGreaterThan(0)
    expect(Number(runtime.call('memcmp', START + 10, START, 3))).toBeLessThan(0)
  })
})

describe('in a kernel', () => {
  const NEEDS = 'struct big { int v[100]; } a, b;\nvolatile unsigned long long x, y;\nvoid start_entry(void) { a = b; x = x / y; for (;;); }\n'
  const symbols = async (files: Readonly<Record<string, string>>, manifest: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const project = await projectFrom('miniboot-c', { 'bootlab.json': JSON.stringify({ name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: ['kernel.c'], ...manifest }), ...files })
    return Buffer.from(elfOf(await buildKernel(project))).toString('latin1')
  }

  it('what the compiler calls is there, and nothing else', async () => {
    const elf = await symbols({ 'kernel.c': NEEDS })
    expect(elf).toMatch(/memcpy\.c/)
    expect(elf).toMatch(/\0__udivdi3\0/)
    expect(elf).not.toMatch(/\0(memset|__moddi3)\0/)
    expect(await symbols({ 'kernel.c': 'void start_entry(void) { for (;;); }\n' })).not.toMatch(/\0memcpy\0/)
  })

  it("the kernel's own function counts", async () => {
    const own = 'void *memcpy(void *to, const void *from, unsigned n) { char *t = to; while (n--) *t++ = 42; return (void *)from; }\n'
    const elf = await symbols({ 'kernel.c': `${own}${NEEDS}` })
    expect(elf).toMatch(/\0memcpy\0/)
    expect(elf).not.toMatch(/memcpy\.c/)
  })

  it('is left out when the manifest says so', async () => {
    const project = await projectFrom('miniboot-c', { 'bootlab.json': JSON.stringify({ name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: ['kernel.c'], runtime: false }), 'kernel.c': NEEDS })
    const { problems } = await buildKernel(project)
    expect(problems.map(({ message, next }) => [message, next?.includes('"runtime": true')])).toEqual(expect.arrayContaining([['undefined symbol: memcpy', true], ['undefined symbol: __udivdi3', true]]))
  })
})
