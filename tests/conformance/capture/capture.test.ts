import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BACKENDS } from '../../../src/main/emulator/cpu/test-machine'
import { SingleStepEnvironment } from '../single-step/environment'
import { parsePiece, type Mode } from '../single-step/format'
import { SingleStepRunner } from '../single-step/run'
import { captureFile } from './capture'
import { findForms, type Form } from './forms'
import { Processor } from './processor'

/** Instructions whose outcome is the same on every processor, of each kind that the capture treats in its own way. */
const FORMS = [
  'PADDB xmm1, xmm2/m128', 'ADDPD xmm1, xmm2/m128', 'VPADDB ymm1, ymm2, ymm3/m256', 'VADDPS xmm1, xmm2, xmm3/m128', 'VFMADD231SD xmm1, xmm2, xmm3/m64', 'VMOVAPS ymm1, ymm2/m256',
  'VZEROUPPER', 'VPSLLD ymm1, ymm2, imm8', 'VCVTPS2PH xmm1/m128, ymm2, imm8', 'VEX.0F380x undefined',
]
const OPCODES = [0x00, 0x0f, 0x13, 0x1d, 0x28, 0x58, 0x72, 0x77, 0xb9, 0xfc]
const TESTS = 12

const native = process.platform === 'linux' && process.arch === 'x64'
const flags = native ? (/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? []) : []
const capable = ['avx2', 'fma', 'f16c'].every((flag) => flags.includes(flag))

describe.skipIf(!capable)('what this computer\'s processor does (x86-64 with AVX2, FMA and F16C, Linux)', () => {
  let processor: Processor
  beforeAll(async () => {
    processor = await Processor.create()
  })
  afterAll(() => processor.close())

  const runners = BACKENDS.map((backend) => ({ backend, runner: new SingleStepRunner(new SingleStepEnvironment(backend)) }))

  function formsOf(mode: Mode): Form[] {
    const found = [findForms(mode, true, OPCODES), findForms(mode, false, OPCODES)].flatMap(({ forms, undefined: none }) => [...forms, ...none])
    return found.filter(({ name }) => FORMS.includes(name))
  }

  it.each([64, 32, 16] as const)('is what the emulator does, in %i-bit code', (mode) => {
    const forms = formsOf(mode)
    expect(new Set(forms.map(({ name }) => name))).toEqual(new Set(FORMS))
    const { lines, disagreements } = captureFile(processor, { mode, file: 'test', forms, perForm: TESTS, seed: 7, cpu: 'this one' })
    expect(disagreements).toEqual([])
    const [header, ...tests] = lines
    const file = parsePiece({ header: header ?? '', tests })
    expect(file.tests).toHaveLength(forms.length * TESTS)
    const common = file.tests.filter(({ t }) => t !== 'vendor')
    expect(common.length).toBeGreaterThan(file.tests.length - TESTS * 2)
    for (const { backend, runner } of runners) {
      const failures = common.map((test) => ({ backend, test: `${test.n} ${test.b}`, outcome: runner.run(file, test) })).filter(({ outcome }) => outcome.status !== 'passed')
      expect(failures).toEqual([])
    }
  })

  it('does not depend on what was captured before', () => {
    const [form] = formsOf(64)
    if (form === undefined) throw new Error('There are no forms.')
    const capture = () => captureFile(processor, { mode: 64, file: 'test', forms: [form], perForm: 3, seed: 3, cpu: 'this one' })
    expect(capture()).toEqual(capture())
  })
})
