/** Rust for tests: a toolchain as the product would choose it, and a place where what it compiles stays from one run to the next. */
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linkerWrapper } from '../../src/main/toolchain/rust/linker-wrapper'
import { locateRust, type RustTools } from '../../src/main/toolchain/rust/locate'
import { ToolError } from '../../src/main/toolchain/errors'
import { locateZig } from '../../src/main/toolchain/zig'

/** Compiling core takes 20 seconds, so tests share it. */
export const rustTestCache = join(tmpdir(), 'bootlab-test-cache')

/** Undefined on a developer's machine without Rust; in CI that is an error. */
export async function rustForTests(): Promise<RustTools | undefined> {
  try {
    return await locateRust(process.cwd())
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    if (process.env['CI']) throw new Error('CI needs a cargo with rust-src: install rustc-web, cargo-web and rust-web-src.', { cause: error })
    return undefined
  }
}

/** The environment of a person who types cargo's commands with this toolchain: unstable options allowed, Bootlab's linker for `target`. */
export async function terminalEnvironment(tools: RustTools, target: string): Promise<Record<string, string>> {
  mkdirSync(rustTestCache, { recursive: true })
  return {
    RUSTC: tools.rustc,
    ...(tools.nightly ? {} : { RUSTC_BOOTSTRAP: '1' }),
    CARGO_TERM_COLOR: 'never',
    [`CARGO_TARGET_${target.toUpperCase().replaceAll('-', '_')}_LINKER`]: await linkerWrapper(locateZig()),
  }
}
