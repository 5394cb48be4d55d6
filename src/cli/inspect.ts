/** `bootlab inspect`. */
import { basename, resolve } from 'node:path'
import { inspectInput, mapInput, originInput } from '../main/services/inspect'
import { EXIT } from './exit-codes'
import { describeInspection, describeMap, describeOrigin } from './inspect-text'

export interface InspectCommandOptions {
  json?: true
  symbols?: true
  /** Path on a volume of the image. */
  file?: string
  at?: number
  map?: true
}

/** @returns `badInput` when nothing could boot the file as it is */
export async function inspect(given: string, { json, symbols, file, at, map }: InspectCommandOptions): Promise<number> {
  const path = resolve(given)
  const print = <T>(found: T, describe: (found: T) => string[]): void => {
    if (json) console.log(JSON.stringify(found))
    else for (const line of describe(found)) console.log(line)
  }
  if (map) print(await mapInput(path, file), describeMap)
  else if (at !== undefined) print(await originInput(path, at, file), describeOrigin)
  else {
    const found = await inspectInput(path, { inside: file, ...(symbols && { symbols: Infinity }) })
    print(found, (inspection) => describeInspection(file ?? basename(path), inspection))
    return found.bootedAs === undefined ? EXIT.badInput : EXIT.ok
  }
  return EXIT.ok
}
