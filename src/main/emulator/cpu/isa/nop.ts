/** Instructions that do nothing that a program could see here: NOP, hints, fences; and those that exist to fault (SDM vol. 2A–2B). */
import { Vector } from '../faults'
import type { Row, Semantics } from './row'

const nothing: Semantics = () => undefined

const undefinedOpcode: Semantics = (b) => {
  b.raise(Vector.UD)
}

const PREFETCHES = ['prefetchnta', 'prefetcht0', 'prefetcht1', 'prefetcht2'] as const

/** Opcodes reserved for hints: with any ModRM they are NOPs, and memory is not touched. */
const HINTS = [0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f] as const

export const nopRows: readonly Row[] = [
  { name: 'nop', map: '', opcode: 0x90, noRexB: true, operands: [], semantics: nothing },
  // Also with REX.B, as processors do.
  {
    name: 'pause', map: '', opcode: 0x90, prefix: 'f3', operands: [], endsBlock: true,
    // Whoever waits for another processor lets it go on.
    semantics: (b) => {
      b.if(b.special('othersReady'), () => {
        b.call('pause')
        b.attention()
      })
    },
  },
  ...HINTS.map((opcode): Row => ({ name: 'nop', map: '0f', opcode, operands: ['Ev:a'], feature: 'nopl', semantics: nothing })),
  ...PREFETCHES.map((name, reg): Row => ({ name, map: '0f', opcode: 0x18, reg, operands: ['Mb:a'], feature: 'sse', semantics: nothing })),
  { name: 'nop', map: '0f', opcode: 0x0d, form: 'register', operands: ['Ev:a'], feature: 'long', semantics: nothing },
  { name: 'prefetch', map: '0f', opcode: 0x0d, operands: ['Mb:a'], feature: 'long', semantics: nothing },
  { name: 'prefetchw', map: '0f', opcode: 0x0d, reg: 1, operands: ['Mb:a'], feature: 'long', semantics: nothing },
  { name: 'endbr64', map: '0f', opcode: 0x1e, prefix: 'f3', reg: 7, rm: 2, operands: [], feature: 'nopl', semantics: nothing },
  { name: 'endbr32', map: '0f', opcode: 0x1e, prefix: 'f3', reg: 7, rm: 3, operands: [], feature: 'nopl', semantics: nothing },
  { name: 'lfence', map: '0f', opcode: 0xae, reg: 5, form: 'register', prefix: 'none', operands: [], feature: 'sse2', semantics: nothing },
  { name: 'mfence', map: '0f', opcode: 0xae, reg: 6, form: 'register', prefix: 'none', operands: [], feature: 'sse2', semantics: nothing },
  { name: 'sfence', map: '0f', opcode: 0xae, reg: 7, form: 'register', prefix: 'none', operands: [], feature: 'sse', semantics: nothing },
  { name: 'ud2', map: '0f', opcode: 0x0b, operands: [], faults: ['#UD'], semantics: undefinedOpcode },
  { name: 'ud1', map: '0f', opcode: 0xb9, operands: ['Gv:a', 'Ev:a'], faults: ['#UD'], semantics: undefinedOpcode },
  // Intel's UD0 has a ModRM byte, AMD's has none; it matters only to how far the processor fetches.
  { name: 'ud0', map: '0f', opcode: 0xff, operands: [], faults: ['#UD'], semantics: undefinedOpcode },
]
