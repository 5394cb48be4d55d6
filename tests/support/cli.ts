/** Runs the built `bootlab` command as a person does. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/build-if-stale.mjs'

export interface CliResult {
  code: number | null
  stdout: string
  stderr: string
}

/** @param input what standard input holds; closed at once when absent */
export function bootlab(args: readonly string[], options: { cwd?: string; input?: string; env?: Record<string, string>; timeout?: number } = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin/bootlab.mjs'), ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeout ?? 80_000,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
    // A command that ends without reading its input closes the pipe: that is no failure of the test.
    child.stdin.on('error', (error) => {
      if (!('code' in error) || error.code !== 'EPIPE') reject(error)
    })
    child.stdin.end(options.input ?? '')
  })
}
