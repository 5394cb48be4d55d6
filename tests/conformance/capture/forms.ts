/** Every instruction form of the opcode maps 0F, 0F 38 and 0F 3A, with VEX or in the encoding of SSE, and every VEX encoding that is none. */
import { Code, CpuidFeature, Decoder, DecoderOptions } from 'iced-x86'
import type { Random } from '../../../src/main/emulator/cpu/semantics/random'
import type { Mode } from '../single-step/format'

export type MapNumber = 1 | 2 | 3
/** As VEX.pp: none, 66, F3, F2. */
export type PrefixNumber = 0 | 1 | 2 | 3

export interface Encoding {
  readonly vex: boolean
  readonly map: MapNumber
  readonly prefix: PrefixNumber
  readonly w: 0 | 1
  readonly l: 0 | 1
  readonly opcode: number
  /** Low three bits of ModRM.reg. */
  readonly reg: number
  readonly memory: boolean
}

export interface Form {
  /** As the manual writes the instruction, e.g. `VADDPS ymm1, ymm2, ymm3/m256`. */
  readonly name: string
  /** The same instruction in different encodings: L or W that do not count, registers. */
  readonly encodings: readonly Encoding[]
}

export const MAPS: readonly MapNumber[] = [1, 2, 3]
const PREFIXES: readonly PrefixNumber[] = [0, 1, 2, 3]
const BITS = [0, 1] as const
export const PREFIX_BYTES = [undefined, 0x66, 0xf3, 0xf2] as const
export const MAP_BYTES: Readonly<Record<MapNumber, readonly number[]>> = { 1: [0x0f], 2: [0x0f, 0x38], 3: [0x0f, 0x3a] }
export const ADDRESS_SIZE_PREFIX = 0x67
/** In map 0F: prefixes of the other two maps. */
const ESCAPES: ReadonlySet<number> = new Set([0x38, 0x3a])

/** CPUID features (joined by `+`) of the instructions that are captured. */
const VEX_FEATURES: ReadonlySet<string> = new Set(['AVX', 'AVX2', 'FMA', 'F16C', 'AES+AVX', 'PCLMULQDQ+AVX', 'AVX+PCLMULQDQ'])
const LEGACY_FEATURES: ReadonlySet<string> = new Set(['SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE4_1', 'SSE4_2', 'AES', 'PCLMULQDQ', 'SHA'])

export interface Forms {
  readonly forms: readonly Form[]
  /** VEX encodings of one opcode that are no instructions. */
  readonly undefined: readonly Form[]
}

/** Two values of VEX.vvvv, not inverted: unused, and any register. */
const UNUSED_OR_ANY = [0, 5] as const

const ALL_OPCODES: readonly number[] = Array.from({ length: 256 }, (_, opcode) => opcode)

/** @param opcodes to look at, in each map */
export function findForms(mode: Mode, vex: boolean, opcodes: readonly number[] = ALL_OPCODES): Forms {
  const forms = new Map<string, { name: string; encodings: Encoding[] }>()
  const none = new Map<string, { name: string; encodings: Encoding[] }>()
  const add = (to: typeof forms, key: string, name: string, encoding: Encoding): void => {
    const found = to.get(key)
    if (found === undefined) to.set(key, { name, encodings: [encoding] })
    else found.encodings.push(encoding)
  }
  for (const encoding of encodings(vex, opcodes)) {
    const found = identify(encoding, mode)
    if (found === undefined) {
      if (vex) add(none, `${encoding.map} ${encoding.opcode}`, undefinedName(encoding), encoding)
    } else if (found.wanted) add(forms, `${found.name} ${String(encoding.memory)}`, found.name, encoding)
  }
  return { forms: [...forms.values()], undefined: [...none.values()] }
}

/** Undefined opcodes are named by their row of the opcode map, as all of them do the same. */
const undefinedName = ({ map, opcode }: Encoding): string => `VEX.${MAP_BYTES[map].map(hexByte).join('')}${hexByte(opcode & 0xf0).charAt(0)}x undefined`

export const hexByte = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0')

function* encodings(vex: boolean, opcodes: readonly number[]): Generator<Encoding> {
  for (const map of MAPS) {
    for (const prefix of PREFIXES) {
      for (const w of BITS) {
        for (const l of vex ? BITS : ([0] as const)) {
          for (const opcode of opcodes) {
            if (!vex && map === 1 && ESCAPES.has(opcode)) continue
            for (let reg = 0; reg < 8; reg++) for (const memory of [true, false]) yield { vex, map, prefix, w, l, opcode, reg, memory }
          }
        }
      }
    }
  }
}

/** What iced-x86 takes an encoding for; undefined: nothing. */
function identify(encoding: Encoding, mode: Mode): { name: string; wanted: boolean } | undefined {
  if (!encoding.vex && encoding.w === 1 && mode !== 64) return { name: '', wanted: false }
  for (const vvvv of UNUSED_OR_ANY) {
    // With a SIB byte, which vector indexes need; 16-bit addresses have none.
    const bytes = Uint8Array.from([...(mode === 16 ? [ADDRESS_SIZE_PREFIX] : []), ...opcodeBytes(encoding, { r: 0, x: 0, b: 0, vvvv, short: false }), (encoding.memory ? 0x04 : 0xc1) | (encoding.reg << 3), encoding.memory ? 0x30 : 0, 0, 0, 0, 0, 0])
    const decoder = new Decoder(mode, bytes, DecoderOptions.None)
    const instruction = decoder.decode()
    try {
      if (instruction.code === Code.INVALID) continue
      const features = Array.from(instruction.cpuidFeatures(), (feature) => CpuidFeature[feature] ?? '?').toSorted().join('+')
      const { opCode } = instruction
      const name = opCode.instructionString
      opCode.free()
      return { name, wanted: (encoding.vex ? VEX_FEATURES : LEGACY_FEATURES).has(features) && !/\bmm\b|\bmm\d|\bmm\//.test(name) }
    } finally {
      instruction.free()
      decoder.free()
    }
  }
  return undefined
}

export interface OpcodeFields {
  /** Fourth bits of ModRM.reg, of the index, and of ModRM.rm or the base. */
  readonly r: number
  readonly x: number
  readonly b: number
  /** Register in VEX.vvvv; 0 where there is none, as both stand for 1111. */
  readonly vvvv: number
  /** The two-byte VEX prefix where it can say the same. */
  readonly short: boolean
}

/** Prefixes and opcode: what comes before ModRM. */
export function opcodeBytes({ vex, map, prefix, w, l, opcode }: Encoding, { r, x, b, vvvv, short }: OpcodeFields): number[] {
  if (vex) {
    const last = ((~vvvv & 15) << 3) | (l << 2) | prefix
    if (short && map === 1 && w === 0 && x === 0 && b === 0) return [0xc5, ((r ^ 1) << 7) | last, opcode]
    return [0xc4, ((r ^ 1) << 7) | ((x ^ 1) << 6) | ((b ^ 1) << 5) | map, (w << 7) | last, opcode]
  }
  const mandatory = PREFIX_BYTES[prefix]
  const rex = (w << 3) | (r << 2) | (x << 1) | b
  return [...(mandatory === undefined ? [] : [mandatory]), ...(rex === 0 ? [] : [0x40 | rex]), ...MAP_BYTES[map], opcode]
}

/** One of a form's encodings. */
export function pickEncoding(random: Random, { encodings: choices }: Form): Encoding {
  const [first, ...rest] = choices
  if (first === undefined) throw new Error('A form without encodings.')
  return random.pick([first, ...rest])
}
