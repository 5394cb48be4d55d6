/** What a specification is for: a processor of the PC, no operating system, an executable. */
import { isTargetKey } from '../target/keys'
import { machineOf } from '../target/machines'
import type { Draft } from './finding'
import { isUefi, type SpecContext, type SpecRule } from './rule'

function* machine({ spec }: SpecContext): Iterable<Draft> {
  const target = spec.get('llvm-target')
  const triple = spec.string('llvm-target')
  if (target === undefined || triple === undefined) return
  const found = machineOf(triple)
  if (found === undefined) {
    yield {
      id: 'foreign-triple',
      severity: 'error',
      what: `"${triple}" is no triple of the PC.`,
      why: 'Bootlab boots processors of the x86 family: code for another one would be noise to them.',
      at: target.valueNode,
      next: 'Start the triple with i386, i486, i586, i686 or x86_64.',
    }
    return
  }
  if (found.pointerWidth === 64 && triple.endsWith('-code16')) {
    yield {
      id: 'code16',
      severity: 'error',
      what: `"${triple}" asks for 16-bit code of a 64-bit processor mode.`,
      why: 'Code for real mode is 32-bit code with prefixes, so its triple starts with i386 to i686.',
      at: target.valueNode,
      fix: { title: 'Write "i386-unknown-none-code16"', edits: [spec.replaceValue(target, 'i386-unknown-none-code16')] },
    }
    return
  }
  const arch = spec.get('arch')
  if (arch !== undefined && arch.value !== found.arch) {
    yield {
      id: 'arch-mismatch',
      severity: 'error',
      what: `"arch" is "${String(arch.value)}", but "llvm-target" ${triple} is of the architecture "${found.arch}".`,
      why: 'One decides which code is generated, the other what #[cfg(target_arch)] compiles: they have to agree.',
      at: arch.valueNode,
      fix: { title: `Write "${found.arch}"`, edits: [spec.replaceValue(arch, found.arch)] },
    }
  }
  const width = spec.get('target-pointer-width')
  const bits = Number(width?.value)
  if (width !== undefined && (typeof width.value === 'number' || typeof width.value === 'string') && bits !== found.pointerWidth && !triple.endsWith('x32')) {
    const value = typeof width.value === 'string' ? String(found.pointerWidth) : found.pointerWidth
    yield {
      id: 'pointer-width-mismatch',
      severity: 'error',
      what: `"target-pointer-width" is ${bits}, but "llvm-target" ${triple} has pointers of ${found.pointerWidth} bits.`,
      why: 'usize would have another size than an address.',
      at: width.valueNode,
      fix: { title: `Write ${JSON.stringify(value)}`, edits: [spec.replaceValue(width, value)] },
    }
  }
  const endian = spec.get('target-endian')
  if (endian?.value === 'big') {
    yield {
      id: 'endian',
      severity: 'error',
      what: 'x86 processors are little-endian.',
      why: 'The least significant byte of a number comes first in their memory; nothing can change that.',
      at: endian.valueNode,
      fix: { title: 'Write "little"', edits: [spec.replaceValue(endian, 'little')] },
    }
  }
}

/** Operating systems whose conventions a kernel does not have below it. */
const HOSTED = /-(linux|freebsd|netbsd|openbsd|darwin|macos|windows|win32)/

function* operatingSystem({ spec }: SpecContext): Iterable<Draft> {
  if (isUefi(spec)) return
  const target = spec.get('llvm-target')
  const triple = spec.string('llvm-target') ?? ''
  const hosted = HOSTED.exec(triple)?.[1]
  const [arch] = triple.split('-')
  if (target !== undefined && hosted !== undefined && machineOf(triple) !== undefined) {
    yield {
      id: 'hosted-triple',
      severity: 'warning',
      what: `The triple "${triple}" is one of programs under ${hosted}.`,
      why: 'Below a kernel there is no operating system, so code must not count on its conventions for threads, stacks and start-up.',
      at: target.valueNode,
      fix: { title: `Write "${arch}-unknown-none"`, edits: [spec.replaceValue(target, `${arch}-unknown-none`)] },
    }
  }
  const os = spec.get('os')
  if (os !== undefined && typeof os.value === 'string' && (HOSTED.test(`-${os.value}`) || os.value === 'unknown')) {
    yield {
      id: 'hosted-os',
      severity: os.value === 'unknown' ? 'error' : 'warning',
      what: `"os" is "${os.value}".`,
      why: os.value === 'unknown' ? 'rustc keeps "unknown" for other targets; without an operating system it is "none".' : `Crates see it as #[cfg(target_os = "${os.value}")] and call an operating system that is not there.`,
      at: os.valueNode,
      fix: { title: 'Write "none"', edits: [spec.replaceValue(os, 'none')] },
    }
  }
}

/** Marks of other systems' object files and tools; UEFI programs are like those of Windows, and no kernels. */
function* likeness({ spec }: SpecContext): Iterable<Draft> {
  if (isUefi(spec)) return
  for (const property of spec.properties) {
    if (!property.name.startsWith('is-like-') || !isTargetKey(property.name) || property.value !== true) continue
    yield {
      id: 'foreign-likeness',
      severity: 'error',
      what: `"${property.name}" is set.`,
      why: 'It makes rustc write object files and call tools as another operating system has them, and a kernel is an ELF file.',
      at: property.node,
      fix: { title: `Remove "${property.name}"`, edits: [spec.remove(property)] },
    }
  }
  const vendor = spec.get('vendor')
  if (vendor?.value !== 'apple') return
  yield {
    id: 'foreign-likeness',
    severity: 'error',
    what: '"vendor" is "apple".',
    why: "rustc demands of Apple's targets that they are like macOS in all else, and a kernel is not.",
    at: vendor.valueNode,
    fix: { title: 'Write "unknown"', edits: [spec.replaceValue(vendor, 'unknown')] },
  }
}

function* executables({ spec }: SpecContext): Iterable<Draft> {
  const property = spec.get('executables')
  if (property === undefined || property.value !== false) return
  yield {
    id: 'executables',
    severity: 'error',
    what: '"executables" is false.',
    why: 'A kernel is an executable, and rustc refuses to make one for a target that has none.',
    at: property.valueNode,
    fix: { title: 'Write true', edits: [spec.replaceValue(property, true)] },
  }
}

export const MACHINE_RULES: readonly SpecRule[] = [machine, operatingSystem, likeness, executables]
