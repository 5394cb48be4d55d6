import { useEffect } from 'react'
import { useStore } from 'zustand'
import type { KnownAddress } from '../../../shared/debug'
import { useLab } from '../../app/lab'

/**
 * The names of these addresses (`0x…`), as far as they are known by now.
 * @param addresses should be memoized
 */
export function useNames(addresses: readonly string[]): ReadonlyMap<string, KnownAddress> {
  const { inside } = useLab()
  const known = useStore(inside.names.store)
  // Another machine knows nothing yet: then they are asked for again.
  useEffect(() => inside.names.want(addresses.filter((address) => !known.has(address))), [inside, addresses, known])
  return known
}
