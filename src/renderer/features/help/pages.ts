/** The documentation pages that the window holds: the repository's own Markdown files, by name. */
import type { Language } from '../../../shared/languages'

export const PAGE_IDS = ['getting-started', 'troubleshooting', 'manifest', 'target-specification', 'command-line', 'images', 'loader', 'uefi', 'boot-matrix', 'pc', 'cpu-coverage', 'security'] as const
export type PageId = (typeof PAGE_IDS)[number]

/** Where each page lies in the repository, in English. Chinese ones are `docs/zh-CN/<name>.md`. */
const SOURCES: Readonly<Record<PageId, string>> = {
  'getting-started': 'docs/getting-started.md',
  troubleshooting: 'docs/troubleshooting.md',
  manifest: 'resources/schemas/README.md',
  'target-specification': 'docs/target-specification.md',
  'command-line': 'docs/command-line.md',
  images: 'docs/images.md',
  loader: 'resources/loader/README.md',
  uefi: 'resources/loader/uefi/README.md',
  'boot-matrix': 'docs/boot-matrix.md',
  pc: 'docs/pc.md',
  'cpu-coverage': 'docs/cpu-coverage.md',
  security: 'docs/security.md',
}

/** Each is loaded when it is first read. */
const texts = import.meta.glob<string>(['../../../../docs/**/*.md', '../../../../resources/{schemas,loader,loader/uefi}/README.md'], { query: '?raw', import: 'default' })
const ROOT = '../../../../'

export const isPageId = (id: string): id is PageId => PAGE_IDS.some((known) => known === id)

export interface PageText {
  /** From the repository's root: what the page's relative links start from. */
  path: string
  text: string
  /** The language that it is written in, which is English where there is no translation. */
  language: Language
}

const translated = (id: PageId, language: Language): string => `docs/${language}/${id}.md`

/** @throws when the page cannot be loaded any more: another version of the lab has taken the place of this one's files */
export async function loadPage(id: PageId, language: Language): Promise<PageText> {
  const own = texts[ROOT + translated(id, language)]
  const path = own ? translated(id, language) : SOURCES[id]
  const load = own ?? texts[ROOT + path]
  if (!load) throw new Error(`There is no documentation page ${id}.`)
  return { path, text: await load(), language: own ? language : 'en' }
}

export interface PageLink {
  id: PageId
  /** Of a heading in it. */
  anchor?: string
}

/**
 * What a link in a page leads to: another page, a place in the same one, or a place outside the window (`undefined`).
 * @param from the page's path in the repository
 */
export function resolveLink(from: string, href: string, current: PageId): PageLink | undefined {
  const [target = '', anchor] = href.split('#', 2)
  const at = anchor === undefined ? {} : { anchor }
  if (target === '') return { id: current, ...at }
  if (/^[a-z]+:/i.test(target)) return undefined
  const parts = from.split('/').slice(0, -1)
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  const path = parts.join('/')
  const id = PAGE_IDS.find((known) => SOURCES[known] === path || path === translated(known, 'zh-CN'))
  return id && { id, ...at }
}

/** The anchor that GitHub gives a heading: lower case, spaces as dashes, without other signs. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
