/** Entry of the writing process: the job on standard input, events on standard output. It ends when its parent does: then its input ends. */
import { createInterface } from 'node:readline'
import { runJob } from './job'
import { linuxSystem } from './linux-system'
import { CANCEL, type FlashEvent, jobSchema } from './protocol'

const stop = new AbortController()
const tell = (event: FlashEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`)
// Nobody listens any more: the parent is gone.
process.stdout.on('error', () => stop.abort())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

let begun = false
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  if (line === CANCEL) stop.abort()
  else if (!begun) {
    begun = true
    void start(line)
  }
})
lines.on('close', () => stop.abort())

async function start(line: string): Promise<void> {
  await runJob(jobSchema.parse(JSON.parse(line)), linuxSystem, tell, stop.signal)
  lines.close()
  process.stdin.destroy()
}
