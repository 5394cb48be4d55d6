/** Programs of the operating system, run to their end. */
import { execFile } from 'node:child_process'

/** A program that was not there, or ended with a complaint. */
export class ProgramError extends Error {
  /** Exit code; `ENOENT` when there is no such program; null when it was ended. */
  readonly code: number | string | null
  /** All that it printed. */
  readonly said: string

  constructor(command: string, code: number | string | null, said: string, options?: ErrorOptions) {
    super(`${command} ended with ${code ?? 'a signal'}: ${said}`, options)
    this.code = code
    this.said = said
  }
}

/** @returns standard output. @throws ProgramError */
export type Run = (command: string, args: readonly string[]) => Promise<string>

/** A drive that sleeps, or writes what it still has in memory, takes its time. */
const TIMEOUT_MS = 60_000

export const runProgram: Run = (command, args) =>
  new Promise((resolve, reject) => {
    execFile(command, [...args], { encoding: 'utf8', timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout, stderr) => {
      if (error) reject(new ProgramError(command, error.code ?? null, `${stderr}${stdout}`.trim() || error.message, { cause: error }))
      else resolve(stdout)
    })
  })
