/** Whether the screen has the keyboard's focus: the panel shows it at its edge, its head says what that means. */
import { create } from 'zustand'

export const SCREEN_ID = 'machine-screen'

export const useScreenFocus = create<{ focused: boolean }>()(() => ({ focused: false }))
