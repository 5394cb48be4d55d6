/** `bootlab build`. */
import { resolve } from 'node:path'
import { isBare, prepareBare } from '../main/services/bare'
import { Builder } from '../main/services/builder'
import type { FileSystem, Firmware, ImageFormat, ImageLayout } from '../shared/image'
import { buildExitCode, printLog, summarize } from './build-log'

export interface BuildCommandOptions {
  output?: string
  layout?: ImageLayout
  fileSystem?: FileSystem
  firmware?: Firmware
  /** In bytes. */
  size?: number
  format?: ImageFormat
  json?: true
}

export async function build(dir: string, options: BuildCommandOptions, signal: AbortSignal): Promise<number> {
  const { layout, fileSystem, firmware, size, format } = options
  const log = options.json ? process.stderr : process.stdout
  const output = options.output === undefined ? undefined : resolve(options.output)
  const directory = (await isBare(resolve(dir))) ? await prepareBare(dir, printLog(log)) : resolve(dir)
  const { result } = await new Builder().build(directory, { onLog: printLog(log), signal, output, image: { layout, fileSystem, firmware, sizeBytes: size, format } })
  if (options.json) console.log(JSON.stringify(result))
  else console.log(summarize(result))
  return buildExitCode(result)
}
