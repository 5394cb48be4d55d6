/** What stands before a file's name in the tree: a few letters in a colour, by the kind of file. */
import { nameOf } from './rows'

export interface FileKind {
  letters: string
  tone: 'blue' | 'green' | 'orange' | 'purple' | 'red' | 'plain'
}

const byName: Readonly<Record<string, FileKind>> = {
  'bootlab.json': { letters: '▶', tone: 'orange' },
  makefile: { letters: 'M', tone: 'red' },
  gnumakefile: { letters: 'M', tone: 'red' },
  'cargo.toml': { letters: 'RS', tone: 'orange' },
}

const byEnding: Readonly<Record<string, FileKind>> = {
  c: { letters: 'C', tone: 'blue' },
  h: { letters: 'H', tone: 'purple' },
  cpp: { letters: 'C+', tone: 'blue' },
  hpp: { letters: 'H+', tone: 'purple' },
  rs: { letters: 'RS', tone: 'orange' },
  s: { letters: 'S', tone: 'green' },
  asm: { letters: 'S', tone: 'green' },
  nasm: { letters: 'S', tone: 'green' },
  inc: { letters: 'S', tone: 'green' },
  json: { letters: '{}', tone: 'orange' },
  toml: { letters: 'T', tone: 'plain' },
  ld: { letters: 'LD', tone: 'purple' },
  lds: { letters: 'LD', tone: 'purple' },
  mk: { letters: 'M', tone: 'red' },
  sh: { letters: '$', tone: 'green' },
  md: { letters: '¶', tone: 'blue' },
}

const other: FileKind = { letters: '·', tone: 'plain' }

export function kindOf(path: string): FileKind {
  const name = nameOf(path).toLowerCase()
  return byName[name] ?? byEnding[name.slice(name.lastIndexOf('.') + 1)] ?? other
}
