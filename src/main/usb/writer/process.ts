/**
 * Entry of the writing process. It ends when the lab does: then its channel ends.
 *
 *     usb-writer.js                         the job on standard input, events on standard output
 *     usb-writer.js --descriptor=3          the same, with the drive already open
 *     usb-writer.js --pipe=PATH --token=…   job and events through a named pipe, where the lab waits for the token
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { serve } from './channel'
import { runJob } from './job'
import { thisSystem } from './systems'

const { values } = parseArgs({ options: { descriptor: { type: 'string' }, pipe: { type: 'string' }, token: { type: 'string' } } })

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

const system = thisSystem({ descriptor: values.descriptor === undefined ? undefined : Number(values.descriptor) })
const line = values.pipe === undefined ? undefined : await meet(values.pipe, values.token ?? '')
await serve(line ? { input: line, output: line } : { input: process.stdin, output: process.stdout }, stop, (request, tell, signal) => runJob(request, system, tell, signal))
system.letGo?.()
if (line) line.destroySoon()
else process.stdin.destroy()

async function meet(path: string, token: string): Promise<Socket> {
  const lab = connect(path)
  await once(lab, 'connect')
  lab.write(`${token}\n`)
  return lab
}
