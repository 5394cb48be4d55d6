import { describe, expect, test, vi } from 'vitest'
import { mouseMoveSchema, type MouseMove } from '../../../shared/machine-schemas'
import { GuestPointer } from './pointer'

function pointer(): { pointer: GuestPointer; sent: () => MouseMove[] } {
  const send = vi.fn<(moves: MouseMove[]) => void>()
  return { pointer: new GuestPointer(send), sent: () => send.mock.calls.flatMap(([moves]) => moves) }
}

describe('the pointer as the mouse of the guest', () => {
  test('movements and buttons go as they come, and nothing goes twice', () => {
    const { pointer: mouse, sent } = pointer()
    mouse.moved({ movementX: 3, movementY: -4, buttons: 0 })
    mouse.moved({ movementX: 0, movementY: 0, buttons: 1 })
    mouse.moved({ movementX: 0, movementY: 0, buttons: 1 })
    mouse.moved({ movementX: 0, movementY: 0, buttons: 0 })
    expect(sent()).toEqual([
      { dx: 3, dy: -4, wheel: 0, buttons: 0 },
      { dx: 0, dy: 0, wheel: 0, buttons: 1 },
      { dx: 0, dy: 0, wheel: 0, buttons: 0 },
    ])
  })

  test('parts of a count, and of a step of the wheel, add up', () => {
    const { pointer: mouse, sent } = pointer()
    for (let i = 0; i < 4; i++) mouse.moved({ movementX: 0.5, movementY: 0, buttons: 0 })
    for (let i = 0; i < 4; i++) mouse.wheel({ deltaY: -50, deltaMode: 0, buttons: 0 })
    mouse.wheel({ deltaY: 3, deltaMode: 1, buttons: 0 })
    expect(sent().map(({ dx, wheel }) => [dx, wheel])).toEqual([[1, 0], [1, 0], [0, -1], [0, -1], [0, 1]])
  })

  test('whatever a page reports, the contract takes it', () => {
    const { pointer: mouse, sent } = pointer()
    mouse.moved({ movementX: 1e6, movementY: -1e6, buttons: 0xff })
    mouse.wheel({ deltaY: 1e6, deltaMode: 2, buttons: 0 })
    for (const move of sent()) expect(mouseMoveSchema.parse(move)).toEqual(move)
    expect(sent()).toHaveLength(2)
  })

  test('nothing stays pressed when the pointer is let go', () => {
    const { pointer: mouse, sent } = pointer()
    mouse.moved({ movementX: 0, movementY: 0, buttons: 5 })
    mouse.release()
    mouse.release()
    expect(sent().map(({ buttons }) => buttons)).toEqual([5, 0])
  })
})
