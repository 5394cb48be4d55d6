import { useEffect, useState, type ComponentType, type ReactNode } from 'react'

export interface OnDemand<Props> {
  (props: Props): ReactNode
  /** Loads the code ahead of its first use. */
  preload(): Promise<void>
}

/**
 * A component whose code is loaded when it is first shown, or ahead by `preload`. Not React's `lazy`: React keeps what comes in after a fallback
 * back until 300 ms have passed since the last one (`FALLBACK_THROTTLE_MS` of its reconciler), which a person waits for at every start.
 * @param Waiting stands for it meanwhile
 */
export function onDemand<Props extends object>(load: () => Promise<ComponentType<Props>>, Waiting?: ComponentType): OnDemand<Props> {
  let Loaded: ComponentType<Props> | undefined
  let coming: Promise<void> | undefined

  async function fetchCode(): Promise<void> {
    try {
      Loaded = await load()
    } catch (error) {
      // The next use tries again.
      coming = undefined
      throw error
    }
  }
  const preload = (): Promise<void> => (coming ??= fetchCode())

  function Shown(props: Props): ReactNode {
    const [, setComponent] = useState(() => Loaded)
    useEffect(() => {
      if (Loaded) return
      let present = true
      preload().then(
        () => present && setComponent(() => Loaded),
        (error: unknown) =>
          // A rendering that fails is what the window's owner hears of.
          present &&
          setComponent(() => {
            throw error
          }),
      )
      return () => {
        present = false
      }
    }, [])
    return Loaded ? <Loaded {...props} /> : Waiting && <Waiting />
  }
  return Object.assign(Shown, { preload })
}
