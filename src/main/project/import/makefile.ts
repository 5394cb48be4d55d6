/**
 * What a Makefile would run, found without running anything: variables and the common functions are expanded, `$(shell find …)` is
 * answered from the list of files, every other program's output is unknown and taken for empty.
 * GNU make manual: "Using Variables", "Functions for Transforming Text".
 */
import { posix } from 'node:path'
import { words } from './command-lines'

export interface MakefileFacts {
  /** Recipe lines, variables expanded; `$<`, `$@`, `$^` stay. */
  recipes: readonly MakeRule[]
  /** Names of the variables that it sets. */
  variables: readonly string[]
}

export interface MakeRule {
  targets: readonly string[]
  prerequisites: readonly string[]
  lines: readonly string[]
}

const MAX_EXPANSION = 20_000
const MAX_NESTING = 40

/**
 * @param files the tree's, relative to the folder that make runs in
 * @param includable texts of files that it may include, by path
 */
export function readMakefile(text: string, files: readonly string[], includable: ReadonlyMap<string, string> = new Map()): MakefileFacts {
  const variables = new Map<string, string>()
  const expand = expander(variables, files)
  const rules: { head: string; lines: string[] }[] = []
  const readLines = (part: string, depth: number): void => {
    let current: { head: string; lines: string[] } | undefined
    let skipping = false
    for (const line of part.replaceAll(/\\\r?\n[ \t]*/g, ' ').split(/\r?\n/)) {
      if (line.startsWith('\t')) {
        current?.lines.push(line.slice(1))
        continue
      }
      const plain = line.replace(/(^|[^\\])#.*$/, '$1').trim()
      // Conditions depend on the computer: the first branch is read, as it is for the usual case.
      if (/^(else|endif)\b/.test(plain)) skipping = plain.startsWith('else')
      if (plain === '' || skipping || /^(ifeq|ifneq|ifdef|ifndef|endif)\b/.test(plain)) continue
      const included = /^[-s]?include\s+(.*)$/.exec(plain)?.[1]
      if (included !== undefined && depth < MAX_NESTING) {
        for (const path of words(expand(included))) readLines(includable.get(posix.normalize(path)) ?? '', depth + 1)
        current = undefined
        continue
      }
      if (assign(variables, expand, plain)) {
        current = undefined
        continue
      }
      const rule = /^([^:=]+?)::?(?!=)\s*([^;]*)(?:;(.*))?$/.exec(plain)
      if (!rule) continue
      current = { head: plain, lines: rule[3] === undefined ? [] : [rule[3]] }
      rules.push(current)
    }
  }
  readLines(text, 0)
  const recipes = rules.map(({ head, lines }): MakeRule => {
    const [targets = '', ...rest] = expand(head.split(';')[0] ?? '').split(/::?/)
    // A static pattern rule has the targets, their pattern and the prerequisites' pattern.
    const pattern = rest.length > 1 ? rest[0] : undefined
    return { targets: words(pattern ?? targets), prerequisites: words((rest.at(-1) ?? '').replace('|', ' ')), lines: lines.map(expand) }
  })
  return { recipes, variables: [...variables.keys()] }
}

/** Carries out `NAME = value` and its like. @returns whether the line is one */
function assign(variables: Map<string, string>, expand: Expand, line: string): boolean {
  const assignment = /^(?:export\s+|override\s+)*([\w.-]+)\s*(\?=|\+=|::?=|=)\s*(.*)$/.exec(line)
  if (!assignment) return false
  const [, name = '', operator, value = ''] = assignment
  const before = variables.get(name)
  if (operator === '?=' && before !== undefined) return true
  if (operator === '+=') variables.set(name, before === undefined ? value : `${before} ${value}`)
  else variables.set(name, operator?.includes(':') ? expand(value) : value)
  return true
}

type Expand = (text: string) => string

function expander(variables: ReadonlyMap<string, string>, files: readonly string[]): Expand {
  let work = 0
  const expand = (text: string, depth: number): string => {
    let result = ''
    for (let at = 0; at < text.length; ) {
      const dollar = text.indexOf('$', at)
      if (dollar === -1 || ++work > MAX_EXPANSION || depth > MAX_NESTING) return result + text.slice(at)
      result += text.slice(at, dollar)
      const next = text[dollar + 1]
      if (next === '$') {
        result += '$$'
        at = dollar + 2
      } else if (next === '(' || next === '{') {
        const end = closing(text, dollar + 1)
        result += reference(text.slice(dollar + 2, end), depth + 1)
        at = end + 1
      } else {
        // $<, $@ and $^ belong to a rule.
        result += text.slice(dollar, dollar + 2)
        at = dollar + 2
      }
    }
    return result
  }
  const reference = (inside: string, depth: number): string => {
    const [, name, rest = ''] = /^([\w-]+)\s+([^]*)$/.exec(inside) ?? []
    const call = name === undefined ? undefined : FUNCTIONS[name]
    if (call) return call(splitArguments(rest).map((argument) => expand(argument, depth)), files)
    if (name !== undefined && !variables.has(name)) return ''
    const [, variable, from, to] = /^([\w.-]+):([^=]*)=(.*)$/.exec(inside) ?? []
    if (variable !== undefined && from !== undefined && to !== undefined) {
      const list = expand(variables.get(variable) ?? '', depth)
      const [source, target] = [expand(from, depth), expand(to, depth)]
      return substitute(source.includes('%') ? source : `%${source}`, target.includes('%') ? target : `%${target}`, list)
    }
    if (/^[<@^*?+%][DF]?$/.test(inside)) return `$(${inside})`
    return expand(variables.get(expand(inside, depth)) ?? '', depth)
  }
  return (text) => {
    work = 0
    return expand(text, 0)
  }
}

const list = (text: string | undefined): string[] => words(text ?? '')

/** GNU make's functions on lists; the ones that run programs or read the environment are not here. */
const FUNCTIONS: Readonly<Record<string, (args: readonly string[], files: readonly string[]) => string>> = {
  wildcard: ([patterns], files) => list(patterns).flatMap((pattern) => matching(pattern, files)).join(' '),
  patsubst: ([from = '', to = '', text = '']) => substitute(from.trim(), to.trim(), text),
  subst: ([from = '', to = '', text = '']) => text.split(from).join(to),
  addprefix: ([prefix = '', text]) => list(text).map((word) => prefix.trim() + word).join(' '),
  addsuffix: ([suffix = '', text]) => list(text).map((word) => word + suffix.trim()).join(' '),
  notdir: ([text]) => list(text).map((word) => posix.basename(word)).join(' '),
  dir: ([text]) => list(text).map((word) => `${posix.dirname(word)}/`).join(' '),
  basename: ([text]) => list(text).map((word) => word.replace(/\.[^./]*$/, '')).join(' '),
  sort: ([text]) => [...new Set(list(text))].toSorted().join(' '),
  strip: ([text]) => list(text).join(' '),
  filter: ([patterns, text]) => list(text).filter((word) => list(patterns).some((pattern) => stem(pattern, word) !== undefined)).join(' '),
  'filter-out': ([patterns, text]) => list(text).filter((word) => !list(patterns).some((pattern) => stem(pattern, word) !== undefined)).join(' '),
  firstword: ([text]) => list(text)[0] ?? '',
  abspath: ([text = '']) => text,
  realpath: ([text = '']) => text,
  foreach: () => '',
  info: () => '',
  warning: () => '',
  error: () => '',
  shell: ([command = ''], files) => found(command, files),
}

/** `find DIR -name '*.c'`, the one program whose output the list of files holds. */
function found(command: string, files: readonly string[]): string {
  const all = words(command)
  if (all[0] !== 'find') return ''
  const names = all.flatMap((word, index) => (word === '-name' ? [all[index + 1] ?? ''] : []))
  const options = all.findIndex((word) => word.startsWith('-') || word === '(' || word === '\\(')
  const folders = all.slice(1, options === -1 ? undefined : options).map((folder) => posix.normalize(folder))
  return files
    .filter((file) => folders.length === 0 || folders.some((folder) => folder === '.' || file.startsWith(`${folder.replace(/\/$/, '')}/`)))
    .filter((file) => names.length === 0 || names.some((name) => globPattern(name).test(posix.basename(file))))
    .join(' ')
}

function matching(pattern: string, files: readonly string[]): string[] {
  const regular = globPattern(posix.normalize(pattern))
  return files.filter((file) => regular.test(file))
}

const globPattern = (glob: string): RegExp => new RegExp(`^${glob.replaceAll(/[.+^${}()|\\[\]]/g, '\\$&').replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`)

/** What `%` stands for in `pattern` when it matches the word. */
export function stem(pattern: string, word: string): string | undefined {
  const at = pattern.indexOf('%')
  if (at === -1) return pattern === word ? '' : undefined
  const [head, tail] = [pattern.slice(0, at), pattern.slice(at + 1)]
  return word.length >= head.length + tail.length && word.startsWith(head) && word.endsWith(tail) ? word.slice(head.length, word.length - tail.length) : undefined
}

const substitute = (from: string, to: string, text: string): string =>
  list(text)
    .map((word) => {
      const middle = stem(from, word)
      return middle === undefined ? word : to.replace('%', () => middle)
    })
    .join(' ')

/** Index of the bracket that closes the one at `open`. */
function closing(text: string, open: number): number {
  const [opens, closes] = text[open] === '(' ? ['(', ')'] : ['{', '}']
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === opens) depth++
    else if (text[at] === closes && --depth === 0) return at
  }
  return text.length
}

/** Commas split arguments, except inside references. */
function splitArguments(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '(' || character === '{') depth++
    else if (character === ')' || character === '}') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}
