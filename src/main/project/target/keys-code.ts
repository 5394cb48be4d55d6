import { z } from 'zod'
import { FEATURES_PATTERN, featureFlags } from './features'
import { describes, flag, flags, oneOf, required, rustOnly, text, texts, whole, type Flags } from './key'

const FRAME_POINTER: Readonly<Record<string, readonly string[]>> = {
  always: ['-fno-omit-frame-pointer', '-mno-omit-leaf-frame-pointer'],
  'non-leaf': ['-fno-omit-frame-pointer', '-momit-leaf-frame-pointer'],
  'may-omit': ['-fomit-frame-pointer'],
}

const RELOCATION: Readonly<Record<string, Flags>> = {
  static: { compile: ['-fno-pic', '-fno-pie'] },
  pic: { compile: ['-fPIC'] },
  pie: { compile: ['-fPIE'] },
}

const VISIBILITY: Readonly<Record<string, string>> = { hidden: 'hidden', protected: 'protected', interposable: 'default' }

const noModel = (key: string, value: string): Flags => ({ note: `"${key}": "${value}" has no counterpart for C on x86; it is passed over.` })

/** Keys that decide which instructions a compiler writes. */
export const CODE_KEYS = {
  'llvm-target': required(
    flags(text.min(1, 'the triple is missing.'), 'The LLVM triple that code is generated for, such as "x86_64-unknown-none".', (triple) => ({
      compile: [`--target=${triple}`],
    })),
  ),
  'data-layout': required(
    describes(text, "LLVM's layout of data types. It must equal what LLVM uses for the triple; clang derives it from llvm-target."),
  ),
  // Without a processor, or with "generic", the triple decides; see target-flags.ts of the toolchain.
  cpu: flags(text, 'The processor to generate code for, by its LLVM name; "generic" stands for the least one of the triple: the 80386 for i386.', (cpu) =>
    cpu === 'generic' ? {} : { compile: [`-march=${cpu}`] },
  ),
  'need-explicit-cpu': rustOnly(flag, 'Demand that -Ctarget-cpu is given.'),
  'unsupported-cpus': rustOnly(texts, 'Processors that -Ctarget-cpu may not name.'),
  features: flags(
    text.regex(FEATURES_PATTERN, 'features are "+name" or "-name", separated by commas, without spaces.'),
    'CPU features to add (+) or take away (-). A kernel takes away mmx and sse and adds soft-float, so that interrupts need not save those registers.',
    (features) => ({ compile: featureFlags(features) }),
  ),
  'disable-redzone': flags(flag, 'Leave the 128 bytes below the stack pointer alone. A 64-bit kernel needs this: an interrupt overwrites them.', (off) => ({
    compile: [off ? '-mno-red-zone' : '-mred-zone'],
  })),
  'code-model': flags(
    oneOf(['tiny', 'small', 'kernel', 'medium', 'large']),
    'Where code and data may lie: "small" in the low 2 GiB, "kernel" in the top 2 GiB, "large" anywhere.',
    (model) => (model === 'tiny' ? noModel('code-model', model) : { compile: [`-mcmodel=${model}`] }),
  ),
  'relocation-model': flags(
    oneOf(['static', 'pic', 'pie', 'dynamic-no-pic', 'ropi', 'rwpi', 'ropi-rwpi']),
    'Whether code depends on the address it is linked at ("static") or not ("pic", "pie"). C without this key is compiled static.',
    (model) => RELOCATION[model] ?? noModel('relocation-model', model),
  ),
  'frame-pointer': flags(oneOf(['always', 'non-leaf', 'may-omit']), 'Keep a frame pointer, so that a stack can be walked.', (mode) => ({
    compile: FRAME_POINTER[mode] ?? [],
  })),
  'tls-model': flags(
    oneOf(['global-dynamic', 'local-dynamic', 'initial-exec', 'local-exec', 'emulated']),
    'How thread-local variables are reached.',
    (model) => (model === 'emulated' ? { compile: ['-femulated-tls'] } : { compile: [`-ftls-model=${model}`] }),
  ),
  'function-sections': flags(flag, 'Put each function into a section of its own, so that the linker can drop those unused.', (on) => ({
    compile: [on ? '-ffunction-sections' : '-fno-function-sections'],
  })),
  'default-uwtable': flags(flag, 'Write unwind tables for every function.', (on) => ({ compile: [on ? '-fasynchronous-unwind-tables' : '-fno-asynchronous-unwind-tables'] })),
  'requires-uwtable': rustOnly(flag, 'Unwind tables cannot be switched off.'),
  'plt-by-default': flags(flag, 'Call functions through the procedure linkage table.', (on) => ({ compile: [on ? '-fplt' : '-fno-plt'] })),
  'direct-access-external-data': flags(flag, 'Reach external data directly instead of through the GOT.', (on) => ({
    compile: [on ? '-fdirect-access-external-data' : '-fno-direct-access-external-data'],
  })),
  'default-visibility': flags(oneOf(['hidden', 'protected', 'interposable']), 'Visibility of symbols that say nothing themselves.', (visibility) => ({
    compile: [`-fvisibility=${VISIBILITY[visibility] ?? 'default'}`],
  })),
  'no-builtins': flags(flag, 'Do not turn code into calls of memcpy and its like, nor treat those names specially.', (on) => ({
    compile: on ? ['-fno-builtin'] : [],
  })),
  'trap-unreachable': flags(flag, 'End code that cannot be reached with a trap instruction.', (on) => ({ compile: on ? ['-mllvm', '-trap-unreachable'] : [] })),
  'relax-elf-relocations': flags(flag, 'Allow relocations that the linker may relax.', (on) => ({ compile: [`-Wa,-mrelax-relocations=${on ? 'yes' : 'no'}`] })),
  'use-ctors-section': flags(flag, 'Use .ctors instead of .init_array.', (on) => ({ compile: [on ? '-fno-use-init-array' : '-fuse-init-array'] })),
  'c-enum-min-bits': flags(whole, 'The least size of a C enum in bits.', (bits) => ({ compile: [bits < 32 ? '-fshort-enums' : '-fno-short-enums'] })),
  'default-dwarf-version': flags(whole.max(5, 'DWARF has versions up to 5.'), 'Version of the debug information.', (version) => ({
    compile: version < 2 ? [] : [`-gdwarf-${version}`],
  })),
  'llvm-args': flags(texts, "Arguments for LLVM itself.", (args) => ({ compile: args.flatMap((arg) => ['-mllvm', arg]) })),
  'llvm-abiname': rustOnly(text, "LLVM's name of the calling convention variant; x86 has none."),
  'llvm-floatabi': flags(oneOf(['soft', 'hard']), 'Whether floats travel in general or in floating-point registers.', (abi) => ({ compile: [abi === 'soft' ? '-msoft-float' : '-mhard-float'] })),
  'rustc-abi': rustOnly(
    oneOf(['softfloat', 'x86-softfloat', 'x86-sse2']),
    'Rust\'s calling convention variant. `+soft-float` needs "softfloat" here ("x86-softfloat" before July 2026).',
    'C takes the same from the soft-float feature',
  ),
  'panic-strategy': rustOnly(oneOf(['unwind', 'abort', 'immediate-abort']), 'What a panic does. A kernel has no unwinder: "abort".', 'C has no panics'),
  'stack-probes': rustOnly(
    z.strictObject({
      kind: oneOf(['none', 'inline', 'call', 'inline-or-call']),
      'min-llvm-version-for-inline': z.array(whole).length(3).optional(),
    }, 'an object such as {"kind": "inline"} is expected.'),
    'Touch each page of a large stack frame, so that a guard page is never jumped over.',
  ),
  'max-atomic-width': rustOnly(whole, 'Widest atomic type in bits.', 'clang derives it from the processor'),
  'min-atomic-width': rustOnly(whole, 'Narrowest atomic type in bits.'),
  'atomic-cas': rustOnly(flag, 'The processor has compare-and-swap.'),
  'min-global-align': rustOnly(whole, 'Least alignment of global variables in bits.'),
  'merge-functions': rustOnly(oneOf(['disabled', 'trampolines', 'aliases']), 'Whether equal functions become one.'),
  'default-codegen-units': rustOnly(whole, 'Into how many units a crate is cut.'),
  'default-codegen-backend': rustOnly(text, 'Code generator of rustc.'),
  'requires-lto': rustOnly(flag, 'Link-time optimisation is required.'),
  'obj-is-bitcode': rustOnly(flag, 'Object files hold LLVM bitcode.'),
  singlethread: rustOnly(flag, 'There is one thread only, so atomics may become plain accesses.'),
  'has-thread-local': rustOnly(flag, '`#[thread_local]` works.'),
  'allow-asm': rustOnly(flag, '`asm!` works.'),
  'abi-return-struct-as-int': rustOnly(flag, 'Small structures are returned in integer registers.'),
  'simd-types-indirect': rustOnly(flag, 'SIMD values are passed by reference.'),
  'entry-abi': rustOnly(text, "Calling convention of rustc's own main shim."),
  'entry-name': rustOnly(text, "Name of rustc's own main shim; a kernel's entry point is set by the linker's --entry.", "C's entry point is set by the linker's --entry"),
  'main-needs-argc-argv': rustOnly(flag, "rustc's main shim takes argc and argv."),
  'asm-args': rustOnly(texts, 'Arguments for an external assembler.'),
  'has-thumb-interworking': rustOnly(flag, 'ARM only.'),
  'small-data-threshold-support': rustOnly(text, 'How small data goes into a section of its own.'),
  'static-initializer-must-be-acyclic': rustOnly(flag, 'Statics must not refer to each other in a circle.'),
  'llvm-mcount-intrinsic': rustOnly(text, 'Intrinsic called for profiling.'),
  'target-mcount': rustOnly(text, 'Name of the profiling function.'),
} as const
