import { useEffect, useState, type RefObject } from 'react'

/** How many rows of that height (in rem) an element has room for, the last one in part. */
export function useRowCount(host: RefObject<HTMLElement | null>, rem: number): number {
  const [rows, setRows] = useState(1)
  useEffect(() => {
    const element = host.current
    if (!element) return undefined
    const measure = (): void => setRows(Math.max(1, Math.ceil(element.clientHeight / rowPixels(rem))))
    measure()
    const resized = new ResizeObserver(measure)
    resized.observe(element)
    return () => resized.disconnect()
  }, [host, rem])
  return rows
}

export const rowPixels = (rem: number): number => rem * parseFloat(getComputedStyle(document.documentElement).fontSize)
