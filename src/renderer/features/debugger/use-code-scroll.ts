/** Where the disassembly is scrolled to: rows that come above leave the others where they are, and what was asked for comes into view. */
import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from 'react'
import { CODE_ADDRESS } from './cursor-place'
import type { Code } from './use-code'

export interface CodeScroll {
  list: RefObject<HTMLDivElement | null>
  /** It was scrolled. */
  noteScroll(): void
  rowOf(address: string): HTMLElement | null
}

export function useCodeScroll(target: Code['target']): CodeScroll {
  const list = useRef<HTMLDivElement>(null)
  /** The first row in view, and where it was. */
  const anchor = useRef<{ address: string; top: number }>(undefined)
  const reached = useRef(0)
  /** A panel that is not in front forgets how far it was scrolled. */
  const scrolled = useRef(0)

  const rowOf = useCallback((address: string) => list.current?.querySelector<HTMLElement>(`[${CODE_ADDRESS}="${address}"]`) ?? null, [])

  const noteScroll = useCallback(() => {
    const element = list.current
    if (!element || element.clientHeight === 0) return
    scrolled.current = element.scrollTop
    const first = [...element.querySelectorAll<HTMLElement>(`[${CODE_ADDRESS}]`)].find((row) => row.offsetTop >= element.scrollTop)
    const address = first?.getAttribute(CODE_ADDRESS)
    anchor.current = first && typeof address === 'string' ? { address, top: first.offsetTop } : undefined
  }, [])

  /** As soon as its row is there and can be seen, what was asked for comes into view once. */
  const reveal = useCallback(() => {
    const element = list.current
    const row = target && target.nonce !== reached.current ? rowOf(target.address) : null
    if (!target || !element || !row || element.clientHeight === 0) return
    reached.current = target.nonce
    const { scrollTop, clientHeight } = element
    const margin = clientHeight / 6
    if (row.offsetTop < scrollTop + margin || row.offsetTop > scrollTop + clientHeight - margin) element.scrollTo({ top: row.offsetTop - clientHeight / 3 })
    noteScroll()
  }, [target, rowOf, noteScroll])

  useEffect(() => {
    const element = list.current
    if (!element) return undefined
    let height = element.clientHeight
    const observer = new ResizeObserver(() => {
      if (height === 0 && element.clientHeight > 0) {
        element.scrollTo({ top: scrolled.current })
        reveal()
      }
      height = element.clientHeight
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [reveal])

  // After every change of the rows, whatever made it.
  useLayoutEffect(() => {
    const element = list.current
    const held = anchor.current && rowOf(anchor.current.address)
    if (element && held && anchor.current) element.scrollTo({ top: element.scrollTop + held.offsetTop - anchor.current.top })
    reveal()
  })

  return { list, noteScroll, rowOf }
}
