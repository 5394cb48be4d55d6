/** Windows PowerShell 5.1, which every Windows has: how it is started without a path or a name ever becoming code. Source: about_PowerShell_exe, about_Quoting_Rules. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { win32 } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** Its full path: what runs with rights must not be looked for on PATH. */
export function powershellPath(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return win32.join(environment['SystemRoot'] ?? 'C:\\Windows', 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
}

/** Its arguments for a script. Encoded, the script needs no quotes, and no policy about script files concerns it. */
export function scriptArguments(script: string): string[] {
  return ['-NoProfile', '-NonInteractive', '-EncodedCommand', Buffer.from(script, 'utf16le').toString('base64')]
}

/** A text as PowerShell writes it down: nothing in it is read as code. PowerShell takes typographic quotes for plain ones, so these are doubled, too. */
export function literal(text: string): string {
  return `'${text.replaceAll(/['‘’‚‛]/g, '$&$&')}'`
}

/** The variable that C# source text travels in. */
const SOURCE = 'BOOTLAB_SOURCE'

/** A script that compiles the source of {@link SOURCE} and calls `Run` of a class in it, with a number at most. */
export function classScript(name: string, argument?: number): string {
  if (argument !== undefined && !Number.isSafeInteger(argument)) throw new RangeError(`${argument} is not a whole number.`)
  return `$ErrorActionPreference = 'Stop'\nAdd-Type -TypeDefinition $env:${SOURCE}\n$code = [Bootlab.${name}]::Run(${argument ?? ''})\nexit $code\n`
}

/** A program of ours in C#, with its standard streams. */
export type CsharpProgram = ChildProcessByStdio<Writable, Readable, Readable>

/** @param name class in the namespace Bootlab, whose `Run` returns the exit code */
export function startCsharp(source: string, name: string, argument?: number): CsharpProgram {
  return spawn(powershellPath(), scriptArguments(classScript(name, argument)), { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true, env: { ...process.env, [SOURCE]: source } })
}
