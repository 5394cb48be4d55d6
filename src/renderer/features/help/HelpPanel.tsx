/** The documentation, beside the editor. */
import { useEffect, useRef, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { currentLanguage, useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import './help.css'
import { Markdown } from './Markdown'
import { anchorOf, isPageId, loadPage, PAGE_IDS, type PageId, type PageText } from './pages'

export default function HelpPanel(): ReactElement {
  const { help, notifications } = useLab()
  const { help: text } = useStrings()
  const { link, before } = useStore(help.store)
  const language = currentLanguage()
  const [page, setPage] = useState<{ id: PageId; content: PageText }>()
  const article = useRef<HTMLElement>(null)

  useEffect(() => {
    let over = false
    loadPage(link.id, language).then(
      (content) => over || setPage({ id: link.id, content }),
      (error: unknown) => over || notifications.report(error),
    )
    return () => {
      over = true
    }
  }, [link.id, language, notifications])

  useEffect(() => {
    if (page?.id !== link.id) return
    const heading = link.anchor === undefined ? undefined : [...(article.current?.querySelectorAll('h1, h2, h3, h4') ?? [])].find(({ textContent }) => anchorOf(textContent) === link.anchor)
    if (heading) heading.scrollIntoView()
    else article.current?.scrollTo(0, 0)
  }, [page, link])

  return (
    <div className="help">
      <nav className="help-bar" aria-label={text.pages}>
        <Button tone="quiet" icon="back" disabled={before.length === 0} aria-label={text.back} title={text.back} onClick={help.back} />
        <select aria-label={text.page} value={link.id} onChange={({ target }) => isPageId(target.value) && help.openPage(target.value)}>
          {PAGE_IDS.map((id) => (
            <option key={id} value={id}>
              {text.titles[id]}
            </option>
          ))}
        </select>
      </nav>
      {page && (
        <article ref={article} className="help-page" tabIndex={0} lang={page.content.language} aria-label={text.titles[page.id]}>
          {page.content.language !== language && <p className="help-note">{text.untranslated}</p>}
          <Markdown id={page.id} path={page.content.path} text={page.content.text} />
        </article>
      )}
    </div>
  )
}
