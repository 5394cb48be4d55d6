/** A BIOS call as data: what it was called with, and what it answered. */
import type { BiosCall } from '../../../shared/debug'
import { DS, ES } from '../cpu/state/bits'
import type { FirmwareCall } from './call'
import { CALL_NAMES, type CallName, type CallRegister } from './call-names'

const UNNAMED: CallName = { name: 'Unknown function', arguments: [['AX', 'function'], ['BX', ''], ['CX', ''], ['DX', '']], results: [['AX', '']] }

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`
const pointer = ({ state }: FirmwareCall, segment: number, offset: number): string => `${state.selector(segment).toString(16).padStart(4, '0')}:${offset.toString(16).padStart(4, '0')}`

const VALUES: Readonly<Record<CallRegister, (call: FirmwareCall) => string>> = {
  EAX: ({ eax }) => hex(eax, 8), EBX: ({ ebx }) => hex(ebx, 8), ECX: ({ ecx }) => hex(ecx, 8), EDX: ({ edx }) => hex(edx, 8),
  ES: ({ es }) => hex(es, 4),
  AX: ({ ax }) => hex(ax, 4), BX: ({ bx }) => hex(bx, 4), CX: ({ cx }) => hex(cx, 4), DX: ({ dx }) => hex(dx, 4), SI: ({ si }) => hex(si, 4), DI: ({ di }) => hex(di, 4), BP: ({ bp }) => hex(bp, 4),
  AL: ({ al }) => hex(al, 2), AH: ({ ah }) => hex(ah, 2), BL: ({ bl }) => hex(bl, 2), BH: ({ bh }) => hex(bh, 2), CL: ({ cl }) => hex(cl, 2), CH: ({ ch }) => hex(ch, 2), DL: ({ dl }) => hex(dl, 2), DH: ({ dh }) => hex(dh, 2),
  'ES:BX': (call) => pointer(call, ES, call.bx), 'ES:BP': (call) => pointer(call, ES, call.bp), 'ES:DI': (call) => pointer(call, ES, call.di), 'DS:SI': (call) => pointer(call, DS, call.si),
}

type Begun = Omit<BiosCall, 'results' | 'carry'> & { readonly results: CallName['results'] }

export class CallRecorder {
  readonly #instructions: () => number

  constructor(instructions: () => number) {
    this.#instructions = instructions
  }

  /** Before the service; undefined for one that is no interrupt (power-on). */
  begin(call: FirmwareCall, vector: number | undefined): Begun | undefined {
    if (vector === undefined) return undefined
    const names = CALL_NAMES[vector]
    const { name, arguments: given, results } = names?.ax?.[call.ax] ?? names?.ah?.[call.ah] ?? names?.all ?? UNNAMED
    return { kind: 'bios', instructions: this.#instructions(), vector, ax: call.ax, name, arguments: facts(call, given), results, caller: { cs: call.returnCs, ip: call.returnIp } }
  }

  finish(begun: Begun, call: FirmwareCall): BiosCall {
    return { ...begun, results: facts(call, begun.results), carry: call.carry }
  }
}

function facts(call: FirmwareCall, registers: CallName['arguments']): BiosCall['arguments'] {
  return registers.map(([name, meaning]) => ({ name, value: VALUES[name](call), ...(meaning === '' ? {} : { meaning }) }))
}
