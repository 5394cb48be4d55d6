/** Which code is generated: features, calling convention, data layout, red zone, panics. */
import { machineOf } from '../target/machines'
import { CHANGES, compilerName, has } from './compiler'
import { dataLayout } from './data-layout'
import type { Draft } from './finding'
import type { SpecContext, SpecRule } from './rule'

/** `features` as a list, and whether one is switched on; the last mention counts, as in LLVM. */
const listOf = (features: string): string[] => features.split(',').map((feature) => feature.trim()).filter((feature) => feature !== '')
const state = (features: readonly string[], name: string): boolean | undefined => features.findLast((feature) => feature.slice(1) === name)?.startsWith('+')

function* layout({ spec, compiler, language }: SpecContext): Iterable<Draft> {
  const property = spec.get('data-layout')
  const triple = spec.string('llvm-target')
  // clang takes the layout from the triple and never sees this one.
  if (language === 'c' || property === undefined || triple === undefined) return
  const right = dataLayout(triple, compiler.llvm)
  if (right === undefined || property.value === right) return
  yield {
    id: 'data-layout',
    severity: 'error',
    what: `"data-layout" is not that of LLVM ${compiler.llvm} for ${triple}.`,
    why: 'It states how large and how aligned each type is; if rustc and LLVM disagreed, a structure would have its fields at other places in one half of the program, so rustc refuses.',
    at: property.valueNode,
    fix: { title: "Take LLVM's layout", edits: [spec.replaceValue(property, right)] },
  }
}

function* featureList({ spec }: SpecContext): Iterable<Draft> {
  const property = spec.get('features')
  if (property === undefined || property.value === null) return
  const at = property.valueNode
  const { value } = property
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) {
    yield {
      id: 'features-shape',
      severity: 'error',
      what: '"features" is one text, and stands here as a list.',
      why: 'The text goes to LLVM as it is, which separates features by commas.',
      at,
      fix: { title: 'Join them by commas', edits: [spec.replaceValue(property, value.join(','))] },
    }
    return
  }
  if (typeof value !== 'string') {
    yield { id: 'wrong-type', severity: 'error', what: '"features" is text.', why: 'The text goes to LLVM as it is.', at, next: 'Write features as "-mmx,-sse,+soft-float".' }
    return
  }
  if (/\s|,,|^,|,$/.test(value)) {
    yield {
      id: 'features-spaces',
      severity: 'error',
      what: '"features" holds blanks or empty entries.',
      why: 'Each entry must begin with + or - right after the comma; a blank before it makes it another, unknown name.',
      at,
      fix: { title: 'Take them out', edits: [spec.replaceValue(property, listOf(value).map((feature) => feature.replaceAll(/\s/g, '')).join(','))] },
    }
    return
  }
  const unsigned = listOf(value).filter((feature) => !/^[+-]/.test(feature))
  if (unsigned.length > 0) {
    yield {
      id: 'features-sign',
      severity: 'error',
      what: `${unsigned.map((feature) => `"${feature}"`).join(', ')} in "features" ${unsigned.length === 1 ? 'has' : 'have'} no + or -.`,
      why: 'LLVM has to know whether a feature is added or taken away.',
      at,
      fix: { title: 'Add them with +', edits: [spec.replaceValue(property, listOf(value).map((feature) => (/^[+-]/.test(feature) ? feature : `+${feature}`)).join(','))] },
    }
  }
}

/** Vector units whose registers an interrupt handler would have to save, and what switches all of them off. */
const VECTOR_UNITS = ['mmx', 'sse'] as const

function* vectorUnits({ spec, misnamed }: SpecContext): Iterable<Draft> {
  const property = spec.get('features')
  const value = property?.value ?? ''
  if (machineOf(spec.string('llvm-target') ?? '')?.arch !== 'x86_64' || typeof value !== 'string' || /\s/.test(value) || (property === undefined && misnamed.has('features'))) return
  const features = listOf(value)
  const soft = state(features, 'soft-float') === true
  const missing = [...VECTOR_UNITS.filter((unit) => state(features, unit) !== false).map((unit) => `-${unit}`), ...(soft ? [] : ['+soft-float'])]
  if (missing.length === 0 || (soft && missing.every((feature) => feature === '-mmx'))) return
  // Without SSE and without soft-float there is no way left to compute with floats.
  const torn = !soft && state(features, 'sse') === false
  const kept = features.filter((feature) => !missing.some((one) => one.slice(1) === feature.slice(1)))
  const right = [...kept, ...missing].join(',')
  yield {
    id: torn ? 'sse-off-without-soft-float' : 'vector-units-on',
    severity: 'warning',
    what: torn ? 'SSE is switched off, and nothing computes floats in its stead.' : `${soft ? 'Some vector registers stay' : 'SSE stays'} in use: ${missing.join(', ')} is missing in "features".`,
    why: torn
      ? 'On x86_64 floats live in SSE registers; without them and without soft-float the compiler has no code for a float, and core contains some.'
      : 'An interrupt handler that uses these registers destroys what the interrupted code had in them, unless it saves all of them each time; so kernels do without.',
    at: property?.valueNode ?? spec.start,
    fix: {
      title: `Make it "${right}"`,
      edits: [property === undefined ? spec.insert('features', right, ['disable-redzone', 'panic-strategy']) : spec.replaceValue(property, right)],
    },
  }
}

function* callingConvention({ spec, compiler, language }: SpecContext): Iterable<Draft> {
  // Before, and for C, the feature alone decides.
  if (language === 'c' || !has(compiler, CHANGES.checkedAbi)) return
  const features = spec.string('features') ?? ''
  const property = spec.get('rustc-abi')
  const soft = state(listOf(features), 'soft-float') === true
  const softAbi = property?.value === 'softfloat' || property?.value === 'x86-softfloat'
  const right = has(compiler, CHANGES.softfloat) ? 'softfloat' : 'x86-softfloat'
  if (soft && !softAbi) {
    yield {
      id: 'soft-float-abi',
      severity: 'error',
      what: `"features" has +soft-float, and "rustc-abi" does not say "${right}".`,
      why: `With soft-float, floats travel in general registers instead of SSE registers: functions compiled one way cannot call those compiled the other way, so ${compilerName(compiler)} wants it said.`,
      at: property?.valueNode ?? spec.get('features')?.valueNode ?? spec.start,
      fix: {
        title: `Set "rustc-abi" to "${right}"`,
        edits: [property === undefined ? spec.insert('rustc-abi', right, ['features']) : spec.replaceValue(property, right)],
      },
    }
  } else if (property !== undefined && softAbi && property.value !== right && (right === 'x86-softfloat' || has(compiler, CHANGES.noX86Softfloat))) {
    yield {
      id: 'abi-spelling',
      severity: 'error',
      what: `${compilerName(compiler)} calls this "${right}".`,
      why: 'The value was renamed when other processors got it too.',
      at: property.valueNode,
      fix: { title: `Write "${right}"`, edits: [spec.replaceValue(property, right)] },
    }
  } else if (property !== undefined && softAbi && !soft) {
    const list = spec.get('features')
    const value = [...listOf(features).filter((feature) => feature.slice(1) !== 'soft-float'), '+soft-float'].join(',')
    yield {
      id: 'soft-abi-without-feature',
      severity: 'error',
      what: `"rustc-abi" is "${String(property.value)}", but "features" has no +soft-float.`,
      why: 'The calling convention says that floats travel in general registers; LLVM does that only with the feature.',
      at: property.valueNode,
      fix: { title: 'Add +soft-float', edits: [list === undefined ? spec.insert('features', value, ['disable-redzone']) : spec.replaceValue(list, value)] },
    }
  }
}

function* redZone({ spec, misnamed }: SpecContext): Iterable<Draft> {
  const property = spec.get('disable-redzone')
  if (machineOf(spec.string('llvm-target') ?? '')?.arch !== 'x86_64' || (property !== undefined && property.value !== false) || misnamed.has('disable-redzone')) return
  yield {
    id: 'redzone',
    severity: 'warning',
    what: 'The red zone is in use: "disable-redzone" is not true.',
    why: 'The compiler keeps values in the 128 bytes below the stack pointer, and the processor overwrites them with the first interrupt: a bug that shows up rarely and never twice at the same place.',
    at: property?.valueNode ?? spec.start,
    fix: {
      title: 'Set "disable-redzone" to true',
      edits: [property === undefined ? spec.insert('disable-redzone', true, ['panic-strategy', 'linker', 'linker-flavor', 'executables']) : spec.replaceValue(property, true)],
    },
  }
}

function* panics({ spec, language, profilesAbort, misnamed }: SpecContext): Iterable<Draft> {
  const property = spec.get('panic-strategy')
  if (language === 'c' || (property !== undefined && property.value !== 'unwind') || (property === undefined && misnamed.has('panic-strategy'))) return
  yield {
    id: 'panic-strategy',
    severity: profilesAbort ? 'warning' : 'error',
    what: property === undefined ? 'Nothing says what a panic does, so it unwinds the stack.' : 'A panic is to unwind the stack.',
    why: 'Unwinding needs a library that walks the stack, which a kernel does not have; rustc asks for the language item eh_personality and stops.',
    at: property?.valueNode ?? spec.start,
    fix: {
      title: 'Set "panic-strategy" to "abort"',
      edits: [property === undefined ? spec.insert('panic-strategy', 'abort', ['linker', 'linker-flavor', 'executables']) : spec.replaceValue(property, 'abort')],
    },
  }
}

export const CODE_RULES: readonly SpecRule[] = [layout, featureList, vectorUnits, callingConvention, redZone, panics]
