/**
 * LLVM x86 features that clang spells as `-m<name>` / `-mno-<name>` under the same name
 * (clang's "Clang command line argument reference", section X86).
 */
export const SAME_NAME: ReadonlySet<string> = new Set(
  `80387 adx aes amx-bf16 amx-complex amx-fp16 amx-int8 amx-tile avx avx2 avx512bf16 avx512bitalg avx512bw avx512cd avx512dq avx512f
  avx512fp16 avx512ifma avx512vbmi avx512vbmi2 avx512vl avx512vnni avx512vp2intersect avx512vpopcntdq avxifma avxneconvert avxvnni avxvnniint16
  avxvnniint8 bmi bmi2 cldemote clflushopt clwb clzero crc32 cx16 enqcmd f16c fma fma4 fsgsbase fxsr gfni hreset invpcid kl lwp lzcnt mmx movbe
  movdir64b movdiri mwaitx pclmul pconfig pku popcnt prefetchi prfchw ptwrite raoint rdpid rdrnd rdseed retpoline rtm sahf serialize sgx sha sha512
  shstk sm3 sm4 sse sse2 sse3 sse4.1 sse4.2 sse4a ssse3 tbm tsxldtrk uintr usermsr vaes vpclmulqdq waitpkg wbnoinvd widekl xop xsave xsavec xsaveopt
  xsaves`.split(/\s+/),
)

/** Features whose clang option has another name. */
const OTHER_NAME: ReadonlyMap<string, readonly [on: string, off: string]> = new Map([
  ['soft-float', ['-msoft-float', '-mno-soft-float']],
  ['x87', ['-m80387', '-mno-80387']],
])

/** What `features` of a target specification may hold: `+name` or `-name`, separated by commas, no spaces. */
export const FEATURES_PATTERN = /^$|^[+-][A-Za-z0-9._-]+(,[+-][A-Za-z0-9._-]+)*$/

/**
 * clang arguments for LLVM features ("-mmx,-sse,+soft-float"), in order, so that a later one wins as in LLVM.
 * Features without an option of their own go to the code generator directly.
 */
export function featureFlags(features: string): string[] {
  return features
    .split(',')
    .filter((feature) => feature !== '')
    .flatMap((feature) => {
      const on = feature.startsWith('+')
      const name = feature.slice(1)
      const other = OTHER_NAME.get(name)
      if (other) return [on ? other[0] : other[1]]
      if (SAME_NAME.has(name)) return [on ? `-m${name}` : `-mno-${name}`]
      return ['-Xclang', '-target-feature', '-Xclang', feature]
    })
}
