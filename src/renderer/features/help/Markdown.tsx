/** A documentation page as elements: nothing in it becomes HTML of its own. */
import { createContext, memo, useContext, useMemo, type AnchorHTMLAttributes, type ReactElement, type ReactNode } from 'react'
import ReactMarkdown from 'react-markdown'
import { useStore } from 'zustand'
import remarkGfm from 'remark-gfm'
import { useLab } from '../../app/lab'
import { resolveLink, type PageId } from './pages'

interface Place {
  id: PageId
  /** Where relative links start from. */
  path: string
}

const PlaceContext = createContext<Place>({ id: 'getting-started', path: '' })

function PageLinkTo({ href = '', children }: AnchorHTMLAttributes<HTMLAnchorElement>): ReactElement {
  const { help, projects } = useLab()
  const { id, path } = useContext(PlaceContext)
  const door = useStore(projects.store, ({ info }) => info?.door)
  const inside = resolveLink(path, href, id)
  if (inside) {
    return (
      <button type="button" className="link" onClick={() => help.open(inside)}>
        {children}
      </button>
    )
  }
  // A file of the source, which the window does not hold.
  if (!href.startsWith('https:')) return <span title={href}>{children}</span>
  // Electron's window opens no other: the address is there to be copied.
  if (door === 'electron') {
    return (
      <>
        {children} <code>{href}</code>
      </>
    )
  }
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  )
}

/** Pictures lie in the repository, and pages are read here for their words. */
const PictureText = ({ alt }: { alt?: string }): ReactElement => <em>{alt}</em>

/** Long lines are scrolled to, by keyboard, too. */
const Code = ({ children }: { children?: ReactNode }): ReactElement => <pre tabIndex={0}>{children}</pre>
const Table = ({ children }: { children?: ReactNode }): ReactElement => <table tabIndex={0}>{children}</table>

const plugins = [remarkGfm]
const components = { a: PageLinkTo, img: PictureText, pre: Code, table: Table }

export const Markdown = memo(function Markdown({ id, path, text }: Place & { text: string }): ReactElement {
  const place = useMemo(() => ({ id, path }), [id, path])
  return (
    <PlaceContext value={place}>
      <ReactMarkdown remarkPlugins={plugins} components={components}>
        {text}
      </ReactMarkdown>
    </PlaceContext>
  )
})
