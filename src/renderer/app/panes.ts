/** Which tab of the two lower panes is in front. */
import { create } from 'zustand'

export type LeftPane = 'log' | 'problems'
export type RightPane = 'com1' | 'debug' | 'report'

interface Panes {
  left: LeftPane
  right: RightPane
  showLeft(left: LeftPane): void
  showRight(right: RightPane): void
}

export const usePanes = create<Panes>()((set) => ({
  left: 'log',
  right: 'com1',
  showLeft: (left) => set({ left }),
  showRight: (right) => set({ right }),
}))
