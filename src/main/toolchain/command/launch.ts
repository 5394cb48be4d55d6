/** How a program is started on each operating system: pure functions of the platform, so that each can be tested on any. */

export interface Launch {
  command: string
  args: string[]
  /** Windows only: the arguments are a command line already, to be passed as they are. */
  verbatim: boolean
}

/** Windows tries these when PATHEXT is not set. */
const PATHEXT = '.COM;.EXE;.BAT;.CMD'

/** Batch files are read by cmd.exe; CreateProcess cannot start them itself, and Node refuses to try (CVE-2024-27980). */
const BATCH = /\.(bat|cmd)$/i

/** The names under which a program may lie: on Windows a name without extension stands for several. */
export function programNames(name: string, platform: string, pathext: string | undefined): string[] {
  if (platform !== 'win32') return [name]
  const extensions = (pathext || PATHEXT).split(';').filter((extension) => extension !== '')
  const has = extensions.some((extension) => name.toLowerCase().endsWith(extension.toLowerCase()))
  return has ? [name] : extensions.map((extension) => `${name}${extension.toLowerCase()}`)
}

/**
 * The command and arguments to give to the operating system.
 * @param program full path, with its extension on Windows
 * @param comSpec Windows' command interpreter (the variable ComSpec)
 */
export function launchOf(program: string, args: readonly string[], platform: string, comSpec = 'cmd.exe'): Launch {
  if (platform !== 'win32' || !BATCH.test(program)) return { command: program, args: [...args], verbatim: false }
  const line = [program, ...args].map((arg) => escapeForCmd(quoteArgument(arg))).join(' ')
  // /s: only the outermost quotes are taken off; /d: no AutoRun commands.
  return { command: comSpec, args: ['/d', '/s', '/c', `"${line}"`], verbatim: true }
}

/**
 * An argument as programs on Windows take their command line apart ("Parsing C command-line arguments", Microsoft C reference):
 * a quote is escaped by a backslash, and backslashes count only before a quote.
 */
export function quoteArgument(argument: string): string {
  if (argument !== '' && !/[\s"]/.test(argument)) return argument
  return `"${argument.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}

/** cmd.exe acts upon these wherever it takes itself to be outside quotes; a caret takes their meaning away. */
function escapeForCmd(text: string): string {
  return text.replaceAll(/[()%!^"<>&|;,]/g, '^$&')
}

/** Longest command line: CreateProcess on Windows takes 32,767 UTF-16 units; Linux 128 KiB for one argument and macOS 1 MiB for all. */
const MAX_COMMAND_LINE: Readonly<Record<string, number>> = { win32: 32_000, darwin: 900_000 }
const MAX_COMMAND_LINE_ELSEWHERE = 1_800_000

/** Whether a command line is too long for the operating system, so that its arguments must go into a response file. */
export function needsResponseFile(program: string, args: readonly string[], platform: string): boolean {
  // Each argument costs its text and, on POSIX, a zero byte and a pointer; on Windows quotes and a blank.
  const length = args.reduce((sum, arg) => sum + (platform === 'win32' ? quoteArgument(arg).length + 1 : Buffer.byteLength(arg) + 9), program.length)
  return length > (MAX_COMMAND_LINE[platform] ?? MAX_COMMAND_LINE_ELSEWHERE)
}

/**
 * Arguments as the text of a response file (`@file`) for clang and ld.lld: clang reads it as GNU programs do everywhere, where a
 * backslash escapes, and ld.lld is told to with --rsp-quoting=posix.
 */
export function responseFile(args: readonly string[]): string {
  return args.map((arg) => `"${arg.replaceAll(/[\\"]/g, '\\$&')}"\n`).join('')
}

/** How a process and all that it started are ended: on Windows there are no process groups to signal. */
export function killTreeCommand(pid: number, systemRoot: string | undefined): { command: string; args: string[] } {
  return { command: systemRoot === undefined ? 'taskkill' : `${systemRoot}\\System32\\taskkill.exe`, args: ['/pid', String(pid), '/T', '/F'] }
}
