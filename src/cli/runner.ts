/** `bootlab runner`: what cargo starts in place of the kernel that it has built. */
import { prepareRunnerJob, type RunnerJob } from '../main/services/cargo-runner'
import { prepareWorker, type RunReport, startInWorker } from '../main/services/machine-host'
import { DEFAULT_BACKEND, type Screen } from '../shared/machine-schemas'
import { screenText } from '../shared/screen-text'
import { debugExitCode, EXIT } from './exit-codes'
import { LiveTerminal } from './live-terminal'
import { exitCodeOf } from './run-exit-code'

export interface RunnerOptions {
  successExitCode?: number
  timeout?: number
  memory?: number
  headless?: true
}

interface Ended {
  report: RunReport
  screen: Screen | undefined
}

export async function runner(kernel: string, more: readonly string[], options: RunnerOptions, signal: AbortSignal): Promise<number> {
  prepareWorker()
  const job = await prepareRunnerJob(kernel, more, process.env, signal)
  for (const remark of job.remarks) process.stderr.write(`bootlab: ${remark}\n`)
  const ended = await run(job, options, signal)
  return job.isTest ? judgeTest(job, options, ended) : showRun(ended)
}

async function run({ image, model, processors, isTest, settings, memoryBytes }: RunnerJob, options: RunnerOptions, signal: AbortSignal): Promise<Ended> {
  const interactive = process.stdout.isTTY && process.stdin.isTTY
  const live = !isTest && !options.headless && settings.headless !== true && interactive ? new LiveTerminal() : undefined
  const late: Uint8Array[] = []
  let screen: Screen | undefined
  const report = await new Promise<RunReport>((resolve) => {
    const machine = startInWorker(
      {
        image,
        model,
        processors,
        memoryBytes: options.memory ?? memoryBytes,
        backend: DEFAULT_BACKEND,
        pace: live ? 'realtime' : 'fast',
        timeoutMilliseconds: options.timeout ?? settings.timeoutMilliseconds,
        onReset: settings.endOnReset === true ? 'end' : 'restart',
      },
      {
        screen(next) {
          screen = next
          live?.show(next)
        },
        serial(port, bytes) {
          const wanted = (port === 'com1' && settings.serial !== false) || (port === 'debug' && settings.debugConsole === true)
          if (!wanted) return undefined
          // While the screen is shown live, other output would destroy it.
          if (live) late.push(bytes)
          else return new Promise<void>((written) => process.stdout.write(bytes, () => written()))
          return undefined
        },
        state: () => undefined,
        end: resolve,
      },
    )
    const stop = (): void => machine.stop()
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    live?.open({ interrupt: stop, keys: (events) => machine.keys(events), text: (text) => machine.type(text) })
    if (!live && !isTest) process.stdin.on('data', (bytes: Buffer) => machine.serialInput(new Uint8Array(bytes)))
  })
  live?.close()
  process.stdin.pause()
  for (const bytes of late) process.stdout.write(bytes)
  return { report, screen }
}

/** A run for a person: the screen is what it was about. */
function showRun({ report, screen }: Ended): number {
  const text = screen ? screenText(screen).trimEnd() : ''
  if (text !== '') process.stdout.write(`${text}\n`)
  const exitCode = exitCodeOf(report, false)
  const lines = exitCode === EXIT.ok || report.lines.length === 0 ? [report.summary] : report.lines
  process.stderr.write(`${lines.join('\n')}\n`)
  return exitCode
}

/** Only the exit code that stands for success is a pass, whatever else the kernel did before. */
function judgeTest({ name, settings }: RunnerJob, options: RunnerOptions, { report, screen }: Ended): number {
  const success = options.successExitCode ?? settings.successExitCode
  const code = report.reason === 'debug-exit' ? debugExitCode(report.value) : undefined
  if (code !== undefined && code === success) return EXIT.ok
  const lines = [`bootlab: ${name} failed: ${verdict(report, success)}`]
  if (report.reason !== 'debug-exit') lines.push(...report.lines.slice(1))
  const text = screen ? screenText(screen).trimEnd() : ''
  if (text !== '') lines.push('', 'The screen:', text)
  process.stderr.write(`${lines.join('\n')}\n`)
  // A test that was left without a verdict must not look like a pass.
  return exitCodeOf(report, true)
}

function verdict(report: RunReport, success: number | undefined): string {
  if (report.reason === 'timeout') return `${report.summary} A test ends by writing to isa-debug-exit (port 0xf4); test-timeout in [package.metadata.bootimage] sets the limit.`
  if (report.reason !== 'debug-exit') return report.summary
  const code = debugExitCode(report.value)
  if (success !== undefined) return `it ended with exit code ${code}; success is ${success}.`
  return `it ended with exit code ${code}, and nothing says that this is success.\nNext: write test-success-exit-code = ${code} below [package.metadata.bootimage] in Cargo.toml if it is.`
}
