/**
 * Exit codes, the one table that `--help` and the documentation show. All are even: an odd code is always the guest's own,
 * `(value << 1) | 1`, as QEMU's isa-debug-exit gives it.
 */
export const EXIT = {
  ok: 0,
  usage: 64,
  badInput: 66,
  buildFailed: 68,
  internal: 70,
  unavailable: 72,
  halted: 74,
  tripleFault: 76,
  differs: 78,
  reset: 80,
  notWritten: 82,
  timeout: 124,
  interrupted: 130,
} as const
export type ExitName = keyof typeof EXIT

export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'reached the text of --until-text; or the command finished',
  usage: 'the command line is wrong',
  badInput: 'a project, manifest, target specification, image or kernel cannot be used',
  buildFailed: 'the build found errors',
  internal: 'Bootlab itself failed: please report it',
  unavailable: 'something needed is missing (see "bootlab doctor"), or a port is taken',
  halted: 'the machine halted for good or was switched off before it showed the text of --until-text, or the BIOS stopped it',
  tripleFault: 'the kernel ended in a triple fault',
  differs: 'the two backends of --lockstep came to differ',
  reset: 'the kernel reset the PC (in "bootlab runner": elsewhere the PC starts anew)',
  notWritten: 'a drive or file was not written, or not as it should be: refused, not confirmed, in use, gone, full, damaged',
  timeout: 'the time of --timeout ran out',
  interrupted: 'stopped with Ctrl-C, or nobody reads the output any more',
}

/** Exit code for a value that the guest wrote to isa-debug-exit (port 0xf4). */
export const debugExitCode = (value: number): number => ((value << 1) | 1) & 0xff

/** The table as text. */
export function exitCodeHelp(): string {
  const lines = (Object.keys(EXIT_MEANINGS) as ExitName[]).map((name) => `  ${String(EXIT[name]).padStart(3)}  ${EXIT_MEANINGS[name]}`)
  return ['Exit codes:', ...lines, '  odd  the guest wrote v to isa-debug-exit (port 0xf4): (v << 1) | 1'].join('\n')
}
