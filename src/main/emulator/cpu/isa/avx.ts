/** All of AVX and AVX2 (SDM vol. 2: V…). */
import { vectorMoveRows } from './sse-move'
import { blendByRegister } from './sse-shuffle'
import { avxGatherRows } from './avx-gather'
import { avxMoveRows } from './avx-move'
import { avxPermuteRows } from './avx-permute'
import { avxShiftRows } from './avx-shift'
import type { Row } from './row'
import { sseConvertRows } from './sse-float-convert'
import { comparisonRows, sseFloatRows } from './sse-float'
import { packedVectorRows, specialVectorRows } from './vectors'
import { allVexForms, vexForms } from './vex-forms'
import { inHalves, withFirstSource } from './vex-operands'

const ALL_PREDICATES = 31

/** The mask stands in the immediate's high half; SSE has it in XMM0. */
const blendRows: readonly Row[] = ([['vblendvps', 0x4a, 32, 'avx'], ['vblendvpd', 0x4b, 64, 'avx'], ['vpblendvb', 0x4c, 8, 'avx2']] as const).flatMap(([name, opcode, lane, wideFeature]): Row[] => {
  const form = { name, map: '0f3a', opcode, prefix: '66', faults: ['#UD', '#NM'], unit: 'avx', unaligned: true } as const
  const semantics = blendByRegister(lane)
  return [
    { ...form, vex: { l: 0, w: 0 }, operands: ['Vdq:w', 'Hdq:r', 'Wdq:r', 'Ldq:r'], feature: 'avx', semantics: withFirstSource(semantics) },
    { ...form, vex: { l: 1, w: 0 }, operands: ['Vqq:w', 'Hqq:r', 'Wqq:r', 'Lqq:r'], feature: wideFeature, semantics: withFirstSource(inHalves(semantics, { cuts: ['wide', 'wide', 'wide'] })) },
  ]
})

const ofAnyWidth = ({ name }: Row): boolean => name === 'ptest'

/** By groups that programs use together. */
export const avxGroups: readonly (readonly Row[])[] = [
  [...allVexForms(vectorMoveRows, ofAnyWidth), ...avxMoveRows],
  [...allVexForms(packedVectorRows, ofAnyWidth), ...avxPermuteRows, ...avxShiftRows, ...blendRows],
  [...allVexForms(specialVectorRows, ofAnyWidth), ...avxGatherRows],
  [...allVexForms([...sseFloatRows, ...sseConvertRows], () => true), ...comparisonRows(ALL_PREDICATES).flatMap((row) => vexForms(row, true))],
]
