import { installMake } from './command/build-command'
import { installNasm } from './native/nasm'
import { findOnPath, locateRust } from './rust/locate'
import { runProcess } from './process'
import { ToolError } from './errors'
import { locateZig, runZig } from './zig'

/** One line of `bootlab doctor`. */
export interface ToolReport {
  name: string
  /** `optional` is missing, but only something extra needs it. */
  status: 'ok' | 'missing' | 'optional'
  /** Version and place, or why it is missing. */
  detail: string
  /** What it is for. */
  purpose: string
  /** What to do when it is missing. */
  next?: string
}

/** Look at every tool that builds can use. Never rejects for a tool that is missing or broken. */
export async function toolchainReport(cwd: string = process.cwd(), signal?: AbortSignal): Promise<ToolReport[]> {
  return Promise.all([reportZig(cwd, signal), reportRust(cwd, signal), ...[QEMU, NASM, MAKE].map((extra) => reportExtra(extra, cwd, signal))])
}

async function reportZig(cwd: string, signal: AbortSignal | undefined): Promise<ToolReport> {
  const base = { name: 'zig (C compiler, assembler, linker)', purpose: 'Builds C and assembly, links every kernel.' }
  return guard({ ...base, status: 'missing' }, async () => {
    const zig = locateZig()
    const result = await runZig({ tool: 'version', args: [], cwd, signal }, zig)
    if (result.code !== 0) {
      const why = result.stderr.trim() || `It ended with ${result.endedBy ?? `code ${result.code}`}.`
      throw new ToolError({ what: 'zig does not run', where: zig.binary, why, next: 'Run `npm ci` again.' })
    }
    return { ...base, status: 'ok', detail: `${result.stdout.trim()} at ${zig.binary}` }
  })
}

async function reportRust(cwd: string, signal: AbortSignal | undefined): Promise<ToolReport> {
  const base = { name: 'Rust (cargo, rustc, rust-src)', purpose: 'Builds kernels in Rust.' }
  return guard({ ...base, status: 'optional' }, async () => {
    const tools = await locateRust(cwd, signal)
    return { ...base, status: 'ok', detail: `${tools.rustcVersion}, cargo at ${tools.cargo}, sources at ${tools.librarySource}` }
  })
}

/** A program that only something extra needs. */
interface Extra {
  name: string
  command: string
  version: string
  purpose: string
  why: string
  next: string
}

const QEMU: Extra = {
  name: 'QEMU',
  command: 'qemu-system-x86_64',
  version: '--version',
  purpose: 'A second opinion on images; Bootlab boots without it.',
  why: 'Nothing in Bootlab needs it.',
  next: 'Install QEMU if you want to compare.',
}
const NASM: Extra = {
  name: 'nasm',
  command: 'nasm',
  version: '-v',
  purpose: "Assembles files in nasm's syntax (.asm).",
  why: "GNU's syntax (.S, .s) needs nothing more.",
  next: `Get it with: ${installNasm()}`,
}
const MAKE: Extra = {
  name: 'make',
  command: 'make',
  version: '--version',
  purpose: 'Builds existing trees with a Makefile ("kind": "command").',
  why: 'Other projects do without.',
  next: `Get it with: ${installMake()}`,
}

async function reportExtra({ name, command, version, purpose, why, next }: Extra, cwd: string, signal: AbortSignal | undefined): Promise<ToolReport> {
  const base = { name, purpose }
  return guard({ ...base, status: 'optional' }, async () => {
    const path = await findOnPath(command)
    if (path === undefined) throw new ToolError({ what: `${command} is not on PATH`, where: 'PATH', why, next })
    const result = await runProcess({ command: path, args: [version], cwd, env: process.env, signal })
    return { ...base, status: 'ok', detail: `${result.stdout.split('\n')[0] ?? ''} at ${path}` }
  })
}

async function guard(missing: Omit<ToolReport, 'detail'>, look: () => Promise<ToolReport>): Promise<ToolReport> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return { ...missing, detail: `${error.what} (${error.where}). ${error.why}`, next: error.next }
  }
}
