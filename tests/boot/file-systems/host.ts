/** The loader's file systems, compiled for this computer with its C compiler and sanitizers. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LOADER_DEFINES } from '../../../src/main/image/layout'
import { FINDING_SOURCES } from '../../../src/main/image/loader'
import host from './host.c?raw'

/** The sources that the program is made of: none that chooses or shows. */
const SOURCES = ['finding.h', 'names.h', 'fat.c', 'format.c', 'iso9660.c', 'names.c', 'volume.c']

/** What came of looking for a path. */
export type Found = { found: { bytes: number; crc32: number; reads: number } } | { missing: string } | { failed: string }

export interface Host {
  /** Looks for each path on the volume that begins at this sector of the image. */
  look(image: string, paths: readonly string[], sector?: number): Map<string, Found>
  /** Damages a copy of the image again and again; a sanitizer that complains is an error. Says how often a path was found, missing, failed. */
  fuzz(image: string, paths: readonly string[], options: { seed: number; rounds: number }): { found: number; missing: number; failed: number }
}

/** @param compiler path of a C compiler like gcc or clang */
export function buildHost(compiler: string, folder: string): Host {
  mkdirSync(folder, { recursive: true })
  const texts = [{ name: 'host.c', text: host }, ...SOURCES.map(source)]
  for (const { name, text } of texts) writeFileSync(join(folder, name), text)
  const program = join(folder, 'host')
  const units = texts.map(({ name }) => name).filter((name) => name.endsWith('.c'))
  const defines = Object.entries(LOADER_DEFINES).map(([name, value]) => `-D${name}=${value}`)
  // gcc 12 does not know C23's [[noreturn]] yet.
  const flags = ['-std=c2x', '-g', '-O1', '-Wall', '-Wextra', '-Werror', '-Wno-attributes', '-Wno-return-type', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-I.']
  execFileSync(compiler, [...flags, ...defines, ...units, '-o', program], { cwd: folder })
  const run = (args: readonly string[]): string => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  return {
    look(image, paths, sector = 0) {
      const lines = run([image, String(sector), ...paths]).trimEnd().split('\n')
      return new Map(lines.map((line, index) => [paths[index] ?? '', outcome(line.slice(line.indexOf('\t') + 1))]))
    },
    fuzz(image, paths, { seed, rounds }) {
      const [, found, missing, failed] = /^found (\d+) missing (\d+) failed (\d+)/.exec(run([image, '0', '--fuzz', String(seed), String(rounds), ...paths])) ?? []
      return { found: Number(found), missing: Number(missing), failed: Number(failed) }
    },
  }
}

function source(name: string): { name: string; text: string } {
  const found = FINDING_SOURCES.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`${name} is not among the loader's sources.`)
  return found
}

function outcome(text: string): Found {
  const [, bytes, sum, reads] = /^found (\d+) ([0-9a-f]{8}) (\d+)$/.exec(text) ?? []
  if (sum !== undefined) return { found: { bytes: Number(bytes), crc32: Number.parseInt(sum, 16), reads: Number(reads) } }
  return text.startsWith('missing ') ? { missing: text.slice('missing '.length) } : { failed: text.replace(/^failed /, '') }
}
