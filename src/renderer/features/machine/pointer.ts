/** The page's pointer, while it is locked, as the guest's mouse: whole counts, whole steps of the wheel, the buttons that are down. */
import type { MouseMove } from '../../../shared/machine-schemas'

/** What a `MouseEvent` says about it (UI Events and Pointer Lock, W3C). */
interface Moved {
  movementX: number
  movementY: number
  buttons: number
}

interface Turned {
  deltaY: number
  deltaMode: number
  buttons: number
}

/** How far a page is scrolled by one step of a wheel, by `WheelEvent.deltaMode`: pixels, lines, pages. */
const STEP = [100, 3, 1] as const
const MOST_COUNTS = 32_767
const MOST_STEPS = 127

const BUTTONS = 0x1f

export class GuestPointer {
  private readonly send: (moves: MouseMove[]) => void
  /** What is left of movements that were no whole counts and steps. */
  private x = 0
  private y = 0
  private turned = 0
  private buttons = 0

  constructor(send: (moves: MouseMove[]) => void) {
    this.send = send
  }

  /** The pointer was moved, or a button went down or up. */
  moved({ movementX, movementY, buttons }: Moved): void {
    this.x += movementX
    this.y += movementY
    this.tell(buttons)
  }

  wheel({ deltaY, deltaMode, buttons }: Turned): void {
    this.turned += deltaY / (STEP[deltaMode] ?? STEP[0])
    this.tell(buttons)
  }

  /** The pointer is the page's again: nothing stays pressed in the guest. */
  release(): void {
    this.x = this.y = this.turned = 0
    this.tell(0)
  }

  private tell(pressed: number): void {
    const buttons = pressed & BUTTONS
    const [dx, dy, wheel] = [whole(this.x, MOST_COUNTS), whole(this.y, MOST_COUNTS), whole(this.turned, MOST_STEPS)]
    if (dx === 0 && dy === 0 && wheel === 0 && buttons === this.buttons) return
    this.x -= dx
    this.y -= dy
    this.turned -= wheel
    this.buttons = buttons
    this.send([{ dx, dy, wheel, buttons }])
  }
}

/** Without fraction, and no further from 0 than `most`; never -0. */
const whole = (value: number, most: number): number => Math.max(-most, Math.min(most, Math.trunc(value))) + 0
