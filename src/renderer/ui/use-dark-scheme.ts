import { useSyncExternalStore } from 'react'

const query = matchMedia('(prefers-color-scheme: dark)')

function subscribe(onChange: () => void): () => void {
  query.addEventListener('change', onChange)
  return () => query.removeEventListener('change', onChange)
}

/** Whether the system asks for dark colours; follows changes. */
export const useDarkScheme = (): boolean => useSyncExternalStore(subscribe, () => query.matches)
