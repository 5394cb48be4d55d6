import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { locate } from '../main/services/locations'
import { EXIT, EXIT_MEANINGS, type ExitName } from './exit-codes'
import { createProgram } from './program'

const { commands } = createProgram(() => undefined, new AbortController().signal)
const codes = Object.keys(EXIT) as ExitName[]

/** What stands below each heading of a command. */
function sections(page: string): ReadonlyMap<string, string> {
  return new Map(page.split(/^## /m).map((text) => [/^`bootlab (\S+)`\n/.exec(text)?.[1] ?? '', text]))
}

describe.each(['docs/command-line.md', 'docs/zh-CN/command-line.md'])('%s', (path) => {
  const page = readFileSync(join(locate().root, path), 'utf8')
  const documented = sections(page)

  it('has a section and a row for each command, and for no other', () => {
    const names = commands.map((command) => command.name())
    expect(names.length).toBeGreaterThan(10)
    expect([...documented.keys()].filter((name) => name !== '')).toEqual(expect.arrayContaining(names))
    expect([...documented.keys()].filter((name) => name !== '' && !names.includes(name))).toEqual([])
    expect([...page.matchAll(/^\| \[`([a-z]+)`\]\(#bootlab-\1\) \|/gm)].map((match) => match[1]).toSorted()).toEqual(names.toSorted())
  })

  it.each(commands.map((command) => [command.name(), command] as const))('says each option, choice and argument of %s', (name, command) => {
    const text = documented.get(name) ?? ''
    const wanted = command.options.flatMap(({ short, flags, argChoices }) => [
      // As in --help: the option with the name of its value.
      `\`${flags.replace(/^-\w, /, '')}\``,
      ...(short === undefined ? [] : [`\`${short}\``]),
      ...(argChoices ?? []).map((choice) => `\`${choice}\``),
    ])
    const given = command.registeredArguments.map((argument) => {
      const words = `${argument.name()}${argument.variadic ? '...' : ''}`
      return argument.required ? `<${words}>` : `[${words}]`
    })
    expect([...wanted, ...given].filter((words) => !text.includes(words))).toEqual([])
  })

  it('lists every exit code', () => {
    expect([...page.matchAll(/^\| (\d+) \| .+ \|$/gm)].map(([, code]) => Number(code))).toEqual(codes.map((name) => EXIT[name]))
  })
})

it('docs/command-line.md gives exit codes the words of --help', () => {
  const page = readFileSync(join(locate().root, 'docs/command-line.md'), 'utf8')
  const rows = [...page.matchAll(/^\| \d+ \| (.+) \|$/gm)].map(([, meaning]) => meaning?.replaceAll('`', ''))
  expect(rows).toEqual(codes.map((name) => EXIT_MEANINGS[name].replaceAll('"', '')))
})
