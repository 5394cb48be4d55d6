import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit-codes'
import { locate } from '../../src/main/services/locations'

const { root, resources } = locate()
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const packageFile: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

describe('README', () => {
  it('begins with the two commands, which exist', () => {
    const block = /```\n([^]*?)```/.exec(readme)?.[1] ?? ''
    const commands = block.trimEnd().split('\n').map((line) => line.replace(/ *#.*/, ''))
    expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test'])
    expect(packageFile).toMatchObject({ scripts: { start: expect.any(String), test: expect.any(String) } })
  })

  it('names every template', () => {
    const templates = readdirSync(join(resources, 'templates'))
    expect(templates.length).toBeGreaterThan(20)
    expect(templates.filter((id) => !readme.includes(`| \`${id}\`: `))).toEqual([])
  })

  it('lists every exit code with its meaning', () => {
    const rows = [...readme.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [Number(code), meaning?.replaceAll('`', '')])
    const expected = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [EXIT[name], EXIT_MEANINGS[name].replaceAll('"', '')])
    expect(rows).toEqual(expected)
  })
})
