/**
 * What the manuals' opcode maps hold and the instruction table does not: found by asking iced-x86 about every opcode, prefix and ModRM form
 * that decodes as #UD here.
 */
import { CpuidFeature, Decoder, DecoderOptions, Mnemonic } from 'iced-x86'
import { decode, MAX_INSTRUCTION_LENGTH } from '../../src/main/emulator/cpu/decode/decode'
import type { Mode } from './single-step/format'

const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]]
const PREFIXES: readonly (readonly number[])[] = [[], [0x66], [0xf3], [0xf2]]
/** Bytes that are no opcode: prefixes and escapes of the one-byte map. */
const NO_OPCODE: ReadonlySet<number> = new Set([0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xc4, 0xc5, 0x62, 0xf0, 0xf2, 0xf3])
/** VEX maps 1 to 3 with vvvv = 1111 and R, X, B not inverted to anything. */
const VEX_MAPS = [1, 2, 3] as const

/** ModRM bytes: each reg as memory, and with each register. */
const MOD_RM = Array.from({ length: 8 }, (_, reg) => [reg << 3, ...Array.from({ length: 8 }, (__, rm) => 0xc0 | (reg << 3) | rm)]).flat()

function* encodings(mode: Mode): Generator<number[]> {
  for (const map of MAPS) {
    for (const prefix of PREFIXES) {
      for (let opcode = 0; opcode < 256; opcode++) {
        if (map.length === 0 && (NO_OPCODE.has(opcode) || (mode === 64 && opcode >> 4 === 4))) continue
        if (map.length === 1 && (opcode === 0x38 || opcode === 0x3a)) continue
        for (const modRm of MOD_RM) yield [...prefix, ...map, opcode, modRm]
      }
    }
  }
  for (const map of VEX_MAPS) {
    for (let low = 0; low < 16; low++) {
      const last = ((low & 8) << 4) | 0x78 | (low & 7)
      for (let opcode = 0; opcode < 256; opcode++) for (const modRm of MOD_RM) if ((modRm & 7) === 0) yield [0xc4, 0xe0 | map, last, opcode, modRm]
    }
  }
}

/** Mnemonics that iced knows and we do not, by CPUID feature (the features of one instruction joined by `+`). */
export function absentInstructions(mode: Mode): Map<string, Set<string>> {
  const absent = new Map<string, Set<string>>()
  const bytes = new Uint8Array(MAX_INSTRUCTION_LENGTH)
  for (const encoding of encodings(mode)) {
    bytes.fill(0)
    bytes.set(encoding)
    if (decode(bytes, mode).outcome === 'instruction') continue
    const decoder = new Decoder(mode, bytes, DecoderOptions.AMD)
    const instruction = decoder.decode()
    if (instruction.code !== 0) {
      const feature = Array.from(instruction.cpuidFeatures(), (number) => CpuidFeature[number] ?? '?').join('+')
      const names = absent.get(feature) ?? new Set<string>()
      names.add((Mnemonic[instruction.mnemonic] ?? '?').toLowerCase())
      absent.set(feature, names)
    }
    instruction.free()
    decoder.free()
  }
  return absent
}
