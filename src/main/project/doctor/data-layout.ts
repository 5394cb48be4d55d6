/**
 * LLVM's data layouts for x86, by triple and version. rustc refuses a specification whose `data-layout` is not LLVM's own.
 * Source: LLVM's lib/Target/X86/X86TargetMachine.cpp (computeDataLayout). Two parts came later, as LLVM's release notes say: the
 * address spaces 270 to 272 with LLVM 10, the alignment of 128-bit integers with LLVM 18.
 */

interface Layout {
  readonly triple: RegExp
  readonly before: string
  readonly after: string
}

const SPACES_SINCE = 10
const WIDE_INTEGERS_SINCE = 18
const SPACES = '-p270:32:32-p271:32:32-p272:64:64'
const WIDE_INTEGERS = '-i128:128'

/** The first row that fits counts. Layouts of object formats that no kernel for the PC has are left out. */
const LAYOUTS: readonly Layout[] = [
  { triple: /-(darwin|macosx?|ios)|^i\d86-.*-(windows|win32|uefi)/, before: '', after: '' },
  { triple: /^x86_64-.*-(windows|win32|uefi)/, before: 'e-m:w', after: '-f80:128-n8:16:32:64-S128' },
  { triple: /^x86_64-.*x32$/, before: 'e-m:e-p:32:32', after: '-f80:128-n8:16:32:64-S128' },
  { triple: /^x86_64-/, before: 'e-m:e', after: '-f80:128-n8:16:32:64-S128' },
  { triple: /^i[3-6]86-/, before: 'e-m:e-p:32:32', after: '-f64:32:64-f80:32-n8:16:32-S128' },
]

/**
 * The data layout of a triple of the PC; undefined for any other.
 * @param llvm major version of LLVM
 */
export function dataLayout(triple: string, llvm: number): string | undefined {
  const row = LAYOUTS.find((layout) => layout.triple.test(triple))
  if (row === undefined || row.before === '') return undefined
  const integers = triple.startsWith('x86_64-') ? '-i64:64' : ''
  return row.before + (llvm >= SPACES_SINCE ? SPACES : '') + integers + (llvm >= WIDE_INTEGERS_SINCE ? WIDE_INTEGERS : '') + row.after
}
