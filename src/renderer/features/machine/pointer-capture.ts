/** The pointer lock (W3C) on the screen: while it holds, the pointer is the guest's mouse. The browser's Escape and leaving the screen end it. */
import { useEffect } from 'react'
import { create } from 'zustand'
import type { Machine } from './machine'
import { GuestPointer } from './pointer'
import { SCREEN_ID } from './screen-focus'

/** Whether the guest has the pointer. */
export const usePointerCapture = create<{ captured: boolean }>()(() => ({ captured: false }))

const lockedScreen = (): HTMLElement | undefined => (document.pointerLockElement instanceof HTMLElement && document.pointerLockElement.id === SCREEN_ID ? document.pointerLockElement : undefined)

/** Gives the pointer to the guest, if it listens to its mouse. To be called for a click: browsers ask for one. */
export function capturePointer(machine: Machine): void {
  const { phase, state } = machine.store.getState()
  if (phase !== 'on' || state?.mouse !== true || lockedScreen()) return
  // A browser refuses for a second after Escape; the line below the screen says who has the mouse.
  document.getElementById(SCREEN_ID)?.requestPointerLock().catch(() => usePointerCapture.setState({ captured: lockedScreen() !== undefined }))
}

export function releasePointer(): void {
  if (lockedScreen()) document.exitPointerLock()
}

/** Sends what the pointer does to the machine while the screen holds it, and gives it back when the guest does not listen any more. */
export function useGuestPointer(machine: Machine): void {
  useEffect(() => {
    const pointer = new GuestPointer(machine.sendMouse)
    const ifLocked =
      <E extends MouseEvent>(act: (event: E) => void) =>
      (event: E): void => {
        if (!lockedScreen()) return
        event.preventDefault()
        act(event)
      }
    const moved = ifLocked((event: MouseEvent) => pointer.moved(event))
    const turned = ifLocked((event: WheelEvent) => pointer.wheel(event))
    const changed = (): void => {
      const captured = lockedScreen() !== undefined
      usePointerCapture.setState({ captured })
      if (!captured) pointer.release()
    }
    for (const type of ['mousemove', 'mousedown', 'mouseup'] as const) document.addEventListener(type, moved)
    document.addEventListener('wheel', turned, { passive: false })
    document.addEventListener('pointerlockchange', changed)
    const unsubscribe = machine.store.subscribe(({ phase, state }) => {
      if (phase !== 'on' || state?.mouse !== true) releasePointer()
    })
    return () => {
      releasePointer()
      unsubscribe()
      for (const type of ['mousemove', 'mousedown', 'mouseup'] as const) document.removeEventListener(type, moved)
      document.removeEventListener('wheel', turned)
      document.removeEventListener('pointerlockchange', changed)
      pointer.release()
    }
  }, [machine])
}
