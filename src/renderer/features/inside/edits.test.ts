import { expect, test } from 'vitest'
import { littleEndian, noEdits, redo, undo, withEdit, type Edit } from './edits'

const edit = (address: bigint, before: number, after: number): Edit => ({ space: 'linear', address, before: Uint8Array.of(before), after: Uint8Array.of(after) })

test('edits are taken back in order, and done again', () => {
  const two = withEdit(withEdit(noEdits, edit(1n, 0x10, 0x11)), edit(2n, 0x20, 0x22))
  const first = undo(two)
  expect(first?.write).toEqual({ space: 'linear', address: 2n, bytes: Uint8Array.of(0x20) })
  const second = first && undo(first.edits)
  expect(second?.write).toMatchObject({ address: 1n, bytes: Uint8Array.of(0x10) })
  expect(second && undo(second.edits)).toBeUndefined()
  const again = second && redo(second.edits)
  expect(again?.write).toMatchObject({ address: 1n, bytes: Uint8Array.of(0x11) })
  expect(again && redo(again.edits)?.write).toMatchObject({ address: 2n, bytes: Uint8Array.of(0x22) })
  expect(redo(two)).toBeUndefined()
})

test('a new edit ends what could have been done again', () => {
  const undone = undo(withEdit(noEdits, edit(1n, 0, 1)))?.edits ?? noEdits
  expect(undone.undone).toHaveLength(1)
  expect(redo(withEdit(undone, edit(5n, 0, 1)))).toBeUndefined()
})

test('the number of edits that are kept has an end', () => {
  let edits = noEdits
  for (let index = 0; index < 600; index++) edits = withEdit(edits, edit(BigInt(index), 0, 1))
  expect(edits.done).toHaveLength(500)
  expect(edits.done[0]?.address).toBe(100n)
})

test('digits become the bytes of a number', () => {
  expect([...littleEndian('1234', 2)]).toEqual([0x34, 0x12])
  expect([...littleEndian('f', 1)]).toEqual([0x0f])
  expect([...littleEndian('1', 4)]).toEqual([1, 0, 0, 0])
})
