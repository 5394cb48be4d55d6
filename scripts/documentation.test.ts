import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { locate } from '../src/main/services/locations'
import { targetPages } from './target-pages'

const { root } = locate()
const filesIn = (folder: string): string[] => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path).replaceAll('\\', '/'))
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...filesIn('docs').filter((path) => path.endsWith('.md')),
  ...filesIn('resources').filter((path) => path.endsWith('/README.md') && !path.startsWith('resources/templates/')),
]
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Code is no markup: what stands in it is neither a link nor a heading. */
const withoutCode = (text: string): string => text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')

/** Translated pages, and what they are translations of. */
const ORIGINALS: Readonly<Record<string, string>> = {
  'README.zh-CN.md': 'README.md',
  'docs/zh-CN/manifest.md': 'resources/schemas/README.md',
  'docs/zh-CN/loader.md': 'resources/loader/README.md',
  'docs/zh-CN/uefi.md': 'resources/loader/uefi/README.md',
}
const translations = pages.filter((page) => page.startsWith('docs/zh-CN/') || Object.hasOwn(ORIGINALS, page))
const originalOf = (page: string): string => ORIGINALS[page] ?? page.replace('/zh-CN/', '/')

/** What a heading is called in an address, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

function anchors(page: string): string[] {
  return [...textOf(page).replace(/^```[^]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ''))
}

/** Relative links and images of a page that lead nowhere. */
function deadLinks(page: string, text = textOf(page)): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : relative(root, join(root, dirname(page), path)).replaceAll('\\', '/')
    if (target.startsWith('..') || !existsSync(join(root, target))) return true
    return anchor !== undefined && !anchors(target).includes(anchor)
  })
}

/** The shape of a page: how deep each heading is, each code block, the rows of its tables. */
function shape(page: string): { headings: number[]; codeBlocks: number; tableRows: number } {
  const text = textOf(page)
  const prose = text.replace(/^```[^]*?^```$/gm, '')
  return {
    headings: [...prose.matchAll(/^(#{1,6}) /gm)].map(([, marks]) => marks?.length ?? 0),
    codeBlocks: [...text.matchAll(/^```[^]*?^```$/gm)].length,
    tableRows: [...prose.matchAll(/^\|/gm)].length,
  }
}

/** What a reader copies: code blocks without comments and without what is filled in. */
function commandsIn(page: string): string[] {
  const blocks = [...textOf(page).matchAll(/^```\n([^]*?)^```$/gm)].map(([, block]) => block ?? '')
  return blocks.flatMap((block) => block.split('\n')).flatMap((line) => /^(?:npx )?bootlab .*?(?= {3}|$)/.exec(line)?.[0] ?? [])
}

describe('documentation', () => {
  it('is found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'README.zh-CN.md', 'docs/getting-started.md', 'resources/loader/uefi/README.md']))
    expect(translations.length).toBeGreaterThan(7)
  })

  it.each(pages)('%s has no link that leads nowhere', (page) => expect(deadLinks(page)).toEqual([]))

  it('has links of which dead ones are seen', () => {
    const text = '[a](nowhere.md) [b](../README.md) ![c](nothing.png) [d](getting-started.md#nowhere) [e](getting-started.md#why-0x100000) [f](../../elsewhere.md) [g](https://example.org/x) `[h](code.md)`'
    expect(deadLinks('docs/images.md', text)).toEqual(['nowhere.md', 'nothing.png', 'getting-started.md#nowhere', '../../elsewhere.md'])
  })

  it('has headings that are addressed as GitHub does', () => {
    expect(anchorOf('`bootlab new`')).toBe('bootlab-new')
    expect(anchorOf('为什么是 0x100000？')).toBe('为什么是-0x100000')
  })

  it.each(translations)('%s has the headings, code blocks, tables and commands of its original', (page) => {
    const original = originalOf(page)
    expect(existsSync(join(root, original)), original).toBe(true)
    expect(shape(page)).toEqual(shape(original))
    expect(commandsIn(page)).toEqual(commandsIn(original))
  })

  it.each(Object.entries(targetPages()))('%s is what `node scripts/run.mjs scripts/target-keys.ts` writes', (page, text) => expect(textOf(page)).toBe(text))

  it('is offered in both languages on the front page', () => {
    expect(textOf('README.md')).toContain('](README.zh-CN.md)')
    expect(textOf('README.zh-CN.md')).toContain('](README.md)')
  })
})
