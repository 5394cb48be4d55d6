/** The exit code that a run's end has. */
import type { RunReport } from '../main/services/machine-host'
import { debugExitCode, EXIT } from './exit-codes'

/** @param awaitsText whether the run was to show a text */
export function exitCodeOf(report: RunReport, awaitsText: boolean): number {
  switch (report.reason) {
    case 'until-text':
    case 'until-instructions':
      return EXIT.ok
    case 'debug-exit':
      return debugExitCode(report.value)
    case 'halted-forever':
      return awaitsText || report.by === 'bios' ? EXIT.halted : EXIT.ok
    case 'power-off':
      return awaitsText ? EXIT.halted : EXIT.ok
    case 'triple-fault':
      return EXIT.tripleFault
    case 'reset':
      return EXIT.reset
    case 'timeout':
      return EXIT.timeout
    case 'stopped':
      return EXIT.interrupted
    case 'image-failed':
      return EXIT.badInput
    case 'emulator-error':
      return EXIT.internal
  }
}
