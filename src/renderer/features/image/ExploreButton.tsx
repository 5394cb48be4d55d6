import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { CommandButton } from '../../app/CommandButton'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'

/** Beside the outcome of a build that made an image. */
export function ExploreButton(): ReactElement | null {
  const { build } = useLab()
  const { image: text } = useStrings()
  const made = useStore(build.store, ({ status, result }) => status === 'succeeded' && result?.imagePath !== undefined)
  return made ? <CommandButton command="image.explore" icon="image" tone="quiet" label={text.explore} /> : null
}
