/** The `bootlab` command. */
import { CommanderError } from 'commander'
import { describeFailure, toFailure, type Failure } from '../shared/failure'
import { EXIT } from './exit-codes'
import { createProgram } from './program'

/** Exit code for each kind of failure; the others are defects of Bootlab. */
const codes: Readonly<Record<string, number>> = {
  usage: EXIT.usage,
  'bad-input': EXIT.badInput,
  'not-found': EXIT.badInput,
  'tool-missing': EXIT.unavailable,
  'port-unavailable': EXIT.unavailable,
  'not-built': EXIT.unavailable,
  'broken-installation': EXIT.unavailable,
  'too-large': EXIT.badInput,
  unsupported: EXIT.unavailable,
  busy: EXIT.notWritten,
  'disk-full': EXIT.notWritten,
  'drive-changed': EXIT.notWritten,
  exists: EXIT.notWritten,
  'file-changed': EXIT.notWritten,
  gone: EXIT.notWritten,
  medium: EXIT.notWritten,
  'no-permission': EXIT.notWritten,
  'not-allowed': EXIT.notWritten,
  refused: EXIT.notWritten,
  'too-small': EXIT.notWritten,
  unconfirmed: EXIT.notWritten,
  verify: EXIT.notWritten,
  'write-protected': EXIT.notWritten,
  cancelled: EXIT.interrupted,
}

function reportFailure(failure: Failure, error: unknown): void {
  console.error(`bootlab: ${describeFailure(failure)}`)
  if (failure.code === 'internal' && error instanceof Error) console.error(error.stack)
}

/** Whoever read the output may be gone (`| head`): what still runs is stopped, and there is nobody to tell. */
function whenUnread(stream: NodeJS.WriteStream, stop: () => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    stop()
  })
}

async function main(): Promise<number> {
  const interrupt = new AbortController()
  const onSignal = (): void => {
    // A second Ctrl-C ends the process at once.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted)
    interrupt.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  for (const stream of [process.stdout, process.stderr]) whenUnread(stream, () => interrupt.abort())
  let code: number = EXIT.ok
  try {
    await createProgram((result) => (code = result), interrupt.signal).parseAsync()
    return code
  } catch (error) {
    // Commander has printed its message; --help and --version come here with exit code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const failure = toFailure(error)
    reportFailure(failure, error)
    return codes[failure.code] ?? EXIT.internal
  }
}

// The exit code is set, not forced, so that output into a pipe is written to its end.
process.exitCode = await main()
