/**
 * What small functions of guests become: a change of the translator shows here what it does to code. `npx vitest run src/main/emulator/cpu/jit/golden.test.ts -u`
 * accepts it.
 */
import { expect, it } from 'vitest'
import { CODE, DATA, TestBench } from '../semantics/test-bench'
import { CODE_16, CODE_32, CODE_64 } from '../state/bits'
import { blockWith } from './block'
import { dumpOf } from './region-text'

const [EAX, ECX, EBX, ESI, EDI] = [0, 1, 3, 6, 7]

/** Behind each function: nothing more is translated. */
const JUMP_TO_SELF = [0xeb, 0xfe]

const FUNCTIONS = [
  // add eax, ecx; dec ecx; jnz
  ['a loop over registers', CODE_32, [0x01, 0xc8, 0x49, 0x75, 0xfb]],
  // add eax, [ebx]; add ebx, 4; cmp ebx, esi; jb
  ['a loop over memory', CODE_32, [0x03, 0x03, 0x83, 0xc3, 0x04, 0x39, 0xf3, 0x72, 0xf7]],
  // adc eax, [rbx]; lea rbx, [rbx+8]; dec rcx; jnz, 64 bits
  ['a carry from word to word', CODE_64, [0x48, 0x13, 0x03, 0x48, 0x8d, 0x5b, 0x08, 0x48, 0xff, 0xc9, 0x75, 0xf4]],
  // mov [bx], al; inc bx; dec cx; jnz
  ['bytes in real mode', CODE_16, [0x88, 0x07, 0x43, 0x49, 0x75, 0xfa]],
  // call +2; jmp $; push ebx; dec ecx; pop ebx; ret
  ['a call and its return', CODE_32, [0xe8, 0x02, 0x00, 0x00, 0x00, 0xeb, 0xfe, 0x53, 0x49, 0x5b, 0xc3]],
  // movsd xmm0, [rsi]; mulsd xmm0, [rdi]; addsd xmm1, xmm0; dec rcx; jnz
  ['floating point', CODE_64, [0xf2, 0x0f, 0x10, 0x06, 0xf2, 0x0f, 0x59, 0x07, 0xf2, 0x0f, 0x58, 0xc8, 0x48, 0xff, 0xc9, 0x75, 0xef]],
] as const

it.each(FUNCTIONS)('%s', async (name, mode, code) => {
  const made: string[] = []
  const bench = new TestBench(blockWith({ threshold: 0, onRegion: (region) => made.push(dumpOf(region).text) }), mode)
  bench.poke(CODE, [...code, ...JUMP_TO_SELF])
  bench.state.rip = BigInt(mode === CODE_16 ? 0 : CODE)
  for (const [register, value] of [[EAX, 0], [ECX, 3], [EBX, mode === CODE_16 ? 0 : DATA], [ESI, DATA + 16], [EDI, DATA]] as const) bench.state.setGpr(register, BigInt(value))
  bench.run(4)
  await expect(made[0]).toMatchFileSnapshot(`goldens/${name.replaceAll(' ', '-')}.txt`)
})
