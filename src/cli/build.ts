/** `bootlab build`. */
import { resolve } from 'node:path'
import { Builder } from '../main/services/builder'
import { buildExitCode, printLog, summarize } from './build-log'

export async function build(dir: string, options: { output?: string; json?: true }, signal: AbortSignal): Promise<number> {
  const log = options.json ? process.stderr : process.stdout
  const output = options.output === undefined ? undefined : resolve(options.output)
  const { result } = await new Builder().build(resolve(dir), { onLog: printLog(log), signal, output })
  if (options.json) console.log(JSON.stringify(result))
  else console.log(summarize(result))
  return buildExitCode(result)
}
