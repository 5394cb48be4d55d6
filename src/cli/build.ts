/** `bootlab build`. */
import { resolve } from 'node:path'
import { isBare, prepareBare } from '../main/services/bare'
import { Builder } from '../main/services/builder'
import { buildExitCode, printLog, summarize } from './build-log'

export async function build(dir: string, options: { output?: string; json?: true }, signal: AbortSignal): Promise<number> {
  const log = options.json ? process.stderr : process.stdout
  const output = options.output === undefined ? undefined : resolve(options.output)
  const directory = (await isBare(resolve(dir))) ? await prepareBare(dir, printLog(log)) : resolve(dir)
  const { result } = await new Builder().build(directory, { onLog: printLog(log), signal, output })
  if (options.json) console.log(JSON.stringify(result))
  else console.log(summarize(result))
  return buildExitCode(result)
}
