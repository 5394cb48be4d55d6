/** `bootlab inspect`. */
import { basename, resolve } from 'node:path'
import { inspectInput } from '../main/services/inspect'
import { EXIT } from './exit-codes'
import { describeInspection } from './inspect-text'

export interface InspectCommandOptions {
  json?: true
  symbols?: true
}

/** @returns `badInput` when nothing could boot the file as it is */
export async function inspect(file: string, { json, symbols }: InspectCommandOptions): Promise<number> {
  const path = resolve(file)
  const found = await inspectInput(path, symbols ? { symbols: Infinity } : {})
  if (json) console.log(JSON.stringify(found))
  else for (const line of describeInspection(basename(path), found)) console.log(line)
  return found.bootedAs === undefined ? EXIT.badInput : EXIT.ok
}
