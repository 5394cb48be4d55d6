/** npm packages as they lie on the disk. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import * as z from 'zod'

const names = z.record(z.string(), z.string()).optional()
const packageFile = z.object({ name: z.string(), version: z.string(), license: z.string().optional(), dependencies: names, optionalDependencies: names })
export type Package = z.infer<typeof packageFile> & { folder: string }

export const readPackage = (folder: string): Package => ({ ...packageFile.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))), folder })

/** The folder of the package that a module belongs to; undefined for modules of ours and for what is no file. */
export function packageFolder(id: string): string | undefined {
  const path = id.split('?')[0] ?? ''
  const marker = `${sep}node_modules${sep}`
  const start = path.replaceAll('/', sep).lastIndexOf(marker)
  if (start < 0 || path.startsWith('\0')) return undefined
  const [first = '', second = ''] = path.slice(start + marker.length).split(/[\\/]/)
  return path.slice(0, start + marker.length) + (first.startsWith('@') ? join(first, second) : first)
}

/** The packages that the given ones need to run, themselves included, once each. An optional one may be missing. */
export function withDependencies(folders: Iterable<string>): Package[] {
  const found = new Map<string, Package>()
  const add = (folder: string): void => {
    if (found.has(folder)) return
    const one = readPackage(folder)
    found.set(folder, one)
    for (const name of Object.keys({ ...one.dependencies, ...one.optionalDependencies })) {
      const needed = resolvePackage(name, folder)
      if (needed !== undefined) add(needed)
      else if (one.optionalDependencies?.[name] === undefined) throw new Error(`${one.name} needs the package ${name}, which is not installed: run npm ci.`)
    }
  }
  for (const folder of folders) add(folder)
  return [...found.values()]
}

/** As Node looks for it: in `node_modules` of the folder and of every folder above. */
function resolvePackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (folder === dirname(folder)) return undefined
  }
}
