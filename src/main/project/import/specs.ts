/** Target specifications for projects that bring none. */
import { NEWEST } from '../doctor/compiler'
import { dataLayout } from '../doctor/data-layout'

export type SpecKind = 'i386' | 'i386-code16' | 'x86_64'

export interface SpecChoices {
  /** Arguments for ld.lld. */
  linkArgs: readonly string[]
}

const i386 = (triple: string): Readonly<Record<string, unknown>> => ({
  'llvm-target': triple,
  'data-layout': dataLayout(triple, NEWEST.llvm),
  arch: 'x86',
  'target-endian': 'little',
  'target-pointer-width': 32,
  'target-c-int-width': 32,
  os: 'none',
  cpu: 'i386',
})

const MACHINES: Readonly<Record<SpecKind, Readonly<Record<string, unknown>>>> = {
  i386: i386('i386-unknown-none'),
  'i386-code16': i386('i386-unknown-none-code16'),
  x86_64: {
    'llvm-target': 'x86_64-unknown-none',
    'data-layout': dataLayout('x86_64-unknown-none', NEWEST.llvm),
    arch: 'x86_64',
    'target-endian': 'little',
    'target-pointer-width': 64,
    'target-c-int-width': 32,
    os: 'none',
    'disable-redzone': true,
    'code-model': 'small',
  },
}

/** The name of the file that a specification of this kind is written to. */
export const specFile = (kind: SpecKind): string => `${kind}-kernel.json`

/** The text of a target specification: a kernel's choices (no SSE, soft floats, no red zone, static), and the link arguments. */
export function specText(kind: SpecKind, { linkArgs }: SpecChoices): string {
  const spec = {
    ...MACHINES[kind],
    features: '-mmx,-sse,+soft-float',
    'rustc-abi': 'softfloat',
    'relocation-model': 'static',
    executables: true,
    'linker-flavor': 'gnu-lld',
    linker: 'rust-lld',
    ...(linkArgs.length > 0 ? { 'pre-link-args': { 'gnu-lld': linkArgs } } : {}),
    'panic-strategy': 'abort',
  }
  return `${JSON.stringify(spec, undefined, 2)}\n`
}
