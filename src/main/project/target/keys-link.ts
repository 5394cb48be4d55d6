import { describes, flag, flags, linkArgs, linkerFlavor, linkObjects, oneOf, rustOnly, text, texts, type Flags, type LinkerFlavor } from './key'
import { z } from 'zod'

/** Flavors whose arguments a GNU-style ld.lld understands as they stand. */
export const GNU_LINKERS: readonly LinkerFlavor[] = ['gnu-lld', 'gnu', 'ld.lld', 'ld']

const RELRO: Readonly<Record<string, readonly string[]>> = {
  full: ['-z', 'relro', '-z', 'now'],
  partial: ['-z', 'relro'],
  off: ['-z', 'norelro'],
  none: [],
}

type LinkArgs = Partial<Record<LinkerFlavor, string[]>>

/**
 * rustc takes the list of the linker's own flavor. C always links with ld.lld, so it takes the lists of GNU-style linkers;
 * "gnu-lld" and its older spelling "ld.lld" mean the same, and so the same list under both names counts once.
 */
function argsForLld(lists: LinkArgs): Flags {
  const chosen = GNU_LINKERS.find((flavor) => lists[flavor] !== undefined)
  const others = Object.keys(lists).filter((flavor) => !GNU_LINKERS.some((known) => known === flavor))
  return {
    link: chosen === undefined ? [] : lists[chosen],
    ...(others.length > 0 ? { note: `Link arguments for ${others.join(', ')} are passed over: C is linked by ld.lld, which takes those under "gnu-lld".` } : {}),
  }
}

/** Kinds of output that a kernel can be, the likelier one first. Source: rustc's `LinkOutputKind`. */
const KERNEL_KINDS = ['static-nopic-exe', 'static-pic-exe'] as const

function objectsOfKernel(objects: Readonly<Record<string, string[]>>): Flags {
  const kind = KERNEL_KINDS.find((one) => objects[one] !== undefined)
  const others = Object.keys(objects).filter((one) => one !== kind)
  return {
    link: kind === undefined ? [] : (objects[kind] ?? []),
    ...(others.length > 0 ? { note: `Objects for ${others.join(', ')} are passed over: a kernel in C is linked as ${kind ?? KERNEL_KINDS[0]}.` } : {}),
  }
}

/** Keys that decide how object files become a kernel. */
export const LINK_KEYS = {
  linker: flags(text, 'The linker to run. Bootlab links with the ld.lld that it brings along, whatever stands here.', (linker) =>
    /(^|[/\\])(rust-lld|ld\.lld|lld)(\.exe)?$/.test(linker) ? {} : { note: `"linker": "${linker}" is not run: Bootlab links with its own ld.lld.` },
  ),
  'linker-flavor': flags(linkerFlavor, 'The family of the linker\'s command line; "gnu-lld" (older: "ld.lld") for kernels.', (flavor) =>
    GNU_LINKERS.includes(flavor) ? {} : { note: `"linker-flavor": "${flavor}" is not what ld.lld speaks: C is linked the GNU way.` },
  ),
  'lld-flavor': describes(oneOf(['wasm', 'darwin', 'gnu', 'link']), 'Which kind of lld the linker is.'),
  'linker-is-gnu': describes(flag, 'The linker understands GNU options.'),
  'pre-link-args': flags(linkArgs, 'Arguments before the object files, by linker flavor.', argsForLld),
  'late-link-args': flags(linkArgs, 'Arguments after the object files and libraries, by linker flavor.', argsForLld),
  'late-link-args-static': flags(linkArgs, 'Late arguments for static linking.', argsForLld),
  'late-link-args-dynamic': rustOnly(linkArgs, 'Late arguments for dynamic linking.', 'kernels are linked statically'),
  'post-link-args': flags(linkArgs, 'Arguments after everything else, by linker flavor.', argsForLld),
  'pre-link-objects': flags(linkObjects, 'Objects linked first, by kind of output; for C paths inside the project, and the kind "static-nopic-exe".', objectsOfKernel),
  'post-link-objects': flags(linkObjects, 'Objects linked last, by kind of output; for C paths inside the project, and the kind "static-nopic-exe".', objectsOfKernel),
  'pre-link-objects-fallback': rustOnly(linkObjects, 'Objects linked first when rustc brings its own.'),
  'post-link-objects-fallback': rustOnly(linkObjects, 'Objects linked last when rustc brings its own.'),
  // Written to a file by the build, which alone knows where; see link.ts of the toolchain.
  'link-script': flags(text, 'The text of a linker script.', () => ({})),
  'link-env': rustOnly(texts, 'Environment of the linker, as NAME=value.'),
  'link-env-remove': rustOnly(texts, "Variables taken out of the linker's environment."),
  'link-self-contained': rustOnly(z.looseObject({ components: texts }), 'Parts that rustc brings along for linking.'),
  'crt-objects-fallback': rustOnly(oneOf(['false', 'true', 'wasm', 'musl', 'mingw']), 'When rustc uses its own start-up objects.'),
  'relro-level': flags(oneOf(['full', 'partial', 'off', 'none']), 'Which relocated data becomes read-only after start.', (level) => ({ link: RELRO[level] ?? [] })),
  'position-independent-executables': flags(flag, 'Executables can run at any address.', (on) => ({
    note: on ? 'position-independent-executables: C is linked at a fixed address unless link arguments hold -pie.' : '',
  })),
  'static-position-independent-executables': describes(flag, 'Static executables can run at any address.'),
  'eh-frame-header': flags(flag, 'Write .eh_frame_hdr, an index of unwind tables.', (on) => ({ link: on ? ['--eh-frame-hdr'] : [] })),
  'no-default-libraries': describes(flag, "Link without the system's libraries; always so for C."),
  'has-rpath': rustOnly(flag, 'The linker knows -rpath.'),
  'dynamic-linking': describes(flag, 'Dynamic libraries exist.'),
  'dll-tls-export': rustOnly(flag, 'Dynamic libraries export thread-local variables.'),
  'only-cdylib': rustOnly(flag, 'Of dynamic libraries, only cdylib exists.'),
  'limit-rdylib-exports': rustOnly(flag, 'Hide what a dynamic library need not export.'),
  'override-export-symbols': rustOnly(texts, 'The only symbols that are exported.'),
  'crt-static-allows-dylibs': rustOnly(flag, 'crt-static works for dynamic libraries.'),
  'crt-static-default': rustOnly(flag, 'crt-static is on.'),
  'crt-static-respected': rustOnly(flag, 'crt-static has a meaning.'),
  'allows-weak-linkage': rustOnly(flag, 'Weak symbols work.'),
} as const
