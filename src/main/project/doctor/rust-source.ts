/** What Rust sources of older kernels hold that today's rustc does not compile. */
import { compilerName, type CompilerFacts } from './compiler'
import type { Draft, Examination } from './finding'
import { FEATURE_FATES } from './rust-features'
import { closingBrace, codeOf } from './rust-text'
import type { Edit } from './spec-text'

export interface RustContext {
  readonly compiler: CompilerFacts
  /** Of the package: 2015 when Cargo.toml names none. */
  readonly edition: number
  /** The other sources of the package: features are declared in one file and used in all. */
  readonly elsewhere: string
}

interface Source extends RustContext {
  readonly text: string
  /** Without comments. */
  readonly code: string
  /** Without comments and without what strings hold. */
  readonly bare: string
}

type RustRule = (source: Source) => Iterable<Draft>

/** Removes a stretch, with its line when nothing but a comment stands beside it. */
function without(text: string, offset: number, length: number): Edit {
  const before = /[ \t]*$/.exec(text.slice(0, offset))?.[0].length ?? 0
  const atLineStart = offset - before === 0 || text[offset - before - 1] === '\n'
  const rest = /^[ \t]*(\/\/[^\n]*)?(\r?\n|$)/.exec(text.slice(offset + length))
  return atLineStart && rest ? { offset: offset - before, length: before + length + rest[0].length, text: '' } : { offset, length, text: '' }
}

/** `#[lang = "panic_fmt"]` and its function became `#[panic_handler]` with rustc 1.30. */
function* panicFmt({ text, code, compiler }: Source): Iterable<Draft> {
  if (compiler.release < 30) return
  const item = /#\[\s*lang\s*=\s*"panic_fmt"\s*\]/.exec(code)
  if (item === null) return
  const at = { offset: item.index, length: item[0].length }
  const start = item.index + item[0].length
  const head = /^((?:\s*#\[[^\]]*\])*)\s*((?:pub(?:\([^)]*\))?\s+)?(?:unsafe\s+)?(?:extern\s*(?:"[^"]*"\s*)?)?fn\s+\w+\s*\(([^)]*)\)\s*->\s*!)/.exec(code.slice(start))
  const base = {
    id: 'panic-fmt',
    severity: 'error',
    what: 'The function for panics is a language item with four arguments.',
    why: `Since rustc 1.30 it is a function with the attribute #[panic_handler] that gets one &PanicInfo; ${compilerName(compiler)} knows no language item "panic_fmt".`,
    at,
  } as const
  const signature = head?.[2]
  if (head === null || signature === undefined) {
    yield { ...base, next: 'Write #[panic_handler] fn panic(info: &core::panic::PanicInfo) -> ! instead.' }
    return
  }
  const signatureAt = start + head[0].length - signature.length
  const open = code.indexOf('{', signatureAt + signature.length)
  const body = code.slice(open, closingBrace(code, open))
  const used = [...(head[3] ?? '').matchAll(/(\w+)\s*:/g)].some(([, name = '']) => new RegExp(`\\b${name}\\b`).test(body))
  if (used) {
    yield { ...base, next: 'Write #[panic_handler] fn panic(info: &core::panic::PanicInfo) -> !; info.message() and info.location() hold what the arguments held.' }
    return
  }
  const attributes = [...(head[1] ?? '').matchAll(/#\[\s*(?:no_mangle|unwind\([^)]*\))\s*\]/g)].map((match) => without(text, start + match.index, match[0].length))
  yield {
    ...base,
    fix: {
      title: 'Make it a #[panic_handler]',
      edits: [{ ...at, text: '#[panic_handler]' }, ...attributes, { offset: signatureAt, length: signature.length, text: 'fn panic(_info: &core::panic::PanicInfo) -> !' }],
    },
  }
}

function* panicImplementation({ bare, compiler }: Source): Iterable<Draft> {
  const attribute = /#\[\s*panic_implementation\s*\]/.exec(bare)
  if (attribute === null || compiler.release < 30) return
  const at = { offset: attribute.index, length: attribute[0].length }
  yield {
    id: 'panic-implementation',
    severity: 'error',
    what: '#[panic_implementation] is called #[panic_handler].',
    why: 'The attribute had this name for three months of 2018; no release of rustc knows it.',
    at,
    fix: { title: 'Write #[panic_handler]', edits: [{ ...at, text: '#[panic_handler]' }] },
  }
}

interface FeatureList {
  offset: number
  length: number
  names: { name: string; offset: number }[]
}

function featureLists(bare: string): FeatureList[] {
  return [...bare.matchAll(/#!\[\s*feature\s*\(([^)]*)\)\s*\]/g)].map((match) => {
    const inside = match.index + match[0].indexOf('(') + 1
    return { offset: match.index, length: match[0].length, names: [...(match[1] ?? '').matchAll(/\w+/g)].map((name) => ({ name: name[0], offset: inside + name.index })) }
  })
}

/** The list without one name; the whole attribute when no other is left. */
function withoutFeature(text: string, list: FeatureList, name: string): Edit {
  const rest = list.names.filter((entry) => entry.name !== name).map((entry) => entry.name)
  return rest.length === 0 ? without(text, list.offset, list.length) : { offset: list.offset, length: list.length, text: `#![feature(${rest.join(', ')})]` }
}

function* features({ text, code, bare, compiler, elsewhere }: Source): Iterable<Draft> {
  for (const list of featureLists(bare)) {
    for (const { name, offset } of list.names) {
      const fate = Object.hasOwn(FEATURE_FATES, name) ? FEATURE_FATES[name] : undefined
      const at = { offset, length: name.length }
      const fix = { title: `Take out ${name}`, edits: [withoutFeature(text, list, name)] }
      if (fate !== undefined && 'gone' in fate && compiler.release >= fate.gone) {
        const instead = fate.instead === undefined ? '' : ` Instead there is ${fate.instead}.`
        yield { id: 'feature-gone', severity: 'error', what: `The feature ${name} is gone since rustc 1.${fate.gone}.${instead}`, why: 'rustc stops at a feature that it does not know, before it reads anything else.', at, fix }
      } else if (fate !== undefined && 'stable' in fate && compiler.release >= fate.stable) {
        yield { id: 'feature-stable', severity: 'warning', what: `The feature ${name} is part of Rust since 1.${fate.stable}.`, why: 'Naming it has no effect any more, and rustc says so at each build.', at, fix }
      } else if (name === 'lang_items' && !/#!?\[\s*lang\s*=/.test(code + codeOf(elsewhere))) {
        yield { id: 'feature-unused', severity: 'warning', what: 'The feature lang_items is not needed: there is no #[lang = …].', why: 'It opens the inside of the compiler, which changes from one release to the next.', at, fix }
      }
    }
  }
}

/** The macro of old had its operands after colons. Source: RFC 2873 and the Rust Reference, chapter Inline assembly. */
function* oldAssembly({ code, bare, compiler }: Source): Iterable<Draft> {
  if (compiler.release < 59) return
  for (const match of bare.matchAll(/\b(?:llvm_)?asm!\s*\(/g)) {
    const offset = match.index
    const end = closingParenthesis(bare, offset + match[0].length - 1)
    const call = code.slice(offset, end)
    const [, name, template, operands] = /^((?:llvm_)?asm)!\s*\(\s*("(?:\\[\s\S]|[^"\\])*")\s*(:[\s\S]*)?/.exec(call) ?? []
    if (name === 'asm' && operands === undefined) continue
    const base = {
      id: 'old-assembly',
      severity: 'error',
      what: 'This is inline assembly in the syntax before Rust 1.59.',
      why: 'Operands stand in parentheses with their direction now, such as out(reg) x; the colons of old are a syntax error.',
      at: { offset, length: end - offset },
    } as const
    // Without operands only the template is left to carry over, and clobbers that say "memory", as asm! assumes anyway.
    if (template === undefined || !/^(?:[\s:)]|"memory"|"volatile"|"intel"|,)*$/.test(operands ?? '')) {
      yield { ...base, next: 'Write core::arch::asm!("…", in("eax") x); the Rust Reference has a chapter on it.' }
    } else {
      const att = !(operands ?? '').includes('"intel"') && /[%$]/.test(template) ? ', options(att_syntax)' : ''
      yield { ...base, fix: { title: 'Write it as asm! is written today', edits: [{ offset, length: end - offset, text: `core::arch::asm!(${template}${att})` }] } }
    }
  }
}

function closingParenthesis(bare: string, open: number): number {
  let depth = 0
  for (let at = open; at < bare.length; at++) {
    if (bare[at] === '(') depth++
    else if (bare[at] === ')' && --depth === 0) return at + 1
  }
  return bare.length
}

/** asm! and global_asm! were in scope of themselves while they were features. */
function* assemblyImport({ bare, compiler, elsewhere }: Source): Iterable<Draft> {
  if (compiler.release < 59) return
  for (const name of ['asm', 'global_asm'] as const) {
    const use = new RegExp(String.raw`(?<![\w:]|llvm_)${name}!\s*[({]`).exec(bare)
    const imported = new RegExp(String.raw`use\s+(?:core|std)::arch::(?:${name}\b|\*|\{[^}]*\b${name}\b)`).test(bare)
    const own = new RegExp(String.raw`macro_rules!\s*${name}\b`).test(bare + codeOf(elsewhere, 'blank'))
    if (use === null || imported || own) continue
    const at = { offset: use.index, length: name.length + 1 }
    yield {
      id: 'assembly-import',
      severity: 'error',
      what: `The macro ${name}! is not imported.`,
      why: 'Since rustc 1.59 it lives in core::arch; before, it needed a feature and was known everywhere.',
      at,
      fix: { title: `Write core::arch::${name}!`, edits: [{ offset: use.index, length: name.length, text: `core::arch::${name}` }] },
    }
  }
}

/** Attributes that can break memory safety are written unsafe(…) in edition 2024. Source: the Rust Edition Guide, chapter Rust 2024. */
function* unsafeAttributes({ bare, edition }: Source): Iterable<Draft> {
  if (edition < 2024) return
  for (const match of bare.matchAll(/#\[\s*(no_mangle|export_name\s*=\s*[^\]]*|link_section\s*=\s*[^\]]*)\s*\]/g)) {
    const name = (match[1] ?? '').split(/\W/)[0] ?? ''
    const offset = match.index + match[0].indexOf(name)
    const length = match[0].lastIndexOf(']') - match[0].indexOf(name)
    yield {
      id: 'unsafe-attribute',
      severity: 'error',
      what: `#[${name}] is written #[unsafe(${name}…)] in edition 2024.`.replace('…)]', name === 'no_mangle' ? ')]' : ' = …)]'),
      why: 'Two functions of one name, or code in the wrong section, can break a program, so the edition wants it marked as unsafe.',
      at: { offset: match.index, length: match[0].length },
      fix: { title: 'Mark it unsafe', edits: [{ offset, length: 0, text: 'unsafe(' }, { offset: offset + length, length: 0, text: ')' }] },
    }
  }
  for (const match of bare.matchAll(/(?<!unsafe\s+)\bextern\s*\{/g)) {
    yield {
      id: 'unsafe-extern',
      severity: 'error',
      what: 'A block of foreign functions is written unsafe extern in edition 2024.',
      why: 'rustc cannot check that the declarations fit the functions, so the edition wants it marked as unsafe.',
      at: { offset: match.index, length: match[0].length },
      fix: { title: 'Mark it unsafe', edits: [{ offset: match.index, length: 0, text: 'unsafe ' }] },
    }
  }
}

const RULES: readonly RustRule[] = [panicFmt, panicImplementation, features, oldAssembly, assemblyImport, unsafeAttributes]

/** Examines a source of a kernel. */
export function rustExamination(context: RustContext): Examination {
  return {
    source: 'rustc',
    examine: (text) => {
      const source = { ...context, text, code: codeOf(text), bare: codeOf(text, 'blank') }
      return RULES.flatMap((rule) => [...rule(source)])
    },
  }
}
