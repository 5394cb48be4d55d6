import { describe, expect, it } from 'vitest'
import { anchorOf, loadPage, PAGE_IDS, resolveLink } from './pages'

describe('documentation pages', () => {
  it.each(PAGE_IDS)('%s is there, and begins with its title', async (id) => {
    const page = await loadPage(id, 'en')
    expect(page.text).toMatch(/^# \S/)
    expect(page.language).toBe('en')
  })

  it('takes a translation where there is one', async () => {
    expect(await loadPage('getting-started', 'zh-CN')).toMatchObject({ path: 'docs/zh-CN/getting-started.md', language: 'zh-CN' })
    expect(await loadPage('cpu-coverage', 'zh-CN')).toMatchObject({ path: 'docs/cpu-coverage.md', language: 'en' })
  })

  it.each([
    ['docs/images.md', '../resources/loader/README.md', { id: 'loader' }],
    ['docs/images.md', 'target-specification.md#linking', { id: 'target-specification', anchor: 'linking' }],
    ['resources/schemas/README.md', '../../docs/images.md', { id: 'images' }],
    ['docs/zh-CN/images.md', 'target-specification.md', { id: 'target-specification' }],
    ['docs/images.md', '#layouts', { id: 'images', anchor: 'layouts' }],
    ['docs/images.md', 'https://example.com/docs/images.md', undefined],
    ['docs/images.md', '../src/main/image/layout.ts', undefined],
  ])('a link in %s to %s', (from, href, expected) => {
    expect(resolveLink(from, href, 'images')).toEqual(expected)
  })

  it('names headings as GitHub does', () => {
    expect(anchorOf('What stage 1 & 2 do: `A20`')).toBe('what-stage-1--2-do-a20')
    expect(anchorOf('页表')).toBe('页表')
  })
})
