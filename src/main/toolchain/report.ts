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
  return Promise.all([reportZig(cwd, signal), reportRust(cwd, signal), reportQemu(cwd, signal)])
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

async function reportQemu(cwd: string, signal: AbortSignal | undefined): Promise<ToolReport> {
  const base = { name: 'QEMU', purpose: 'A second opinion on images; Bootlab boots without it.' }
  return guard({ ...base, status: 'optional' }, async () => {
    const command = await findOnPath('qemu-system-x86_64')
    if (command === undefined) {
      throw new ToolError({ what: 'qemu-system-x86_64 is not on PATH', where: 'PATH', why: 'Nothing in Bootlab needs it.', next: 'Install QEMU if you want to compare.' })
    }
    const result = await runProcess({ command, args: ['--version'], cwd, env: process.env, signal })
    return { ...base, status: 'ok', detail: `${result.stdout.split('\n')[0] ?? ''} at ${command}` }
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
