import { expect, it } from 'vitest'
import { memoryLayout, PROCESSOR_AREA_BYTES } from './layout'

const PAGE = 4096
const MIB = 1 << 20

it.each([1, 2, 3, 4, 5, 6, 7, 8])('everything starts on a page with %i processors, one behind the other', (processors) => {
  const { ramBase, videoBase, romBase, areas, wasmPages } = memoryLayout(32 * MIB, 16 * MIB, MIB, processors)
  for (const address of [ramBase, videoBase, romBase, ...areas]) expect(address % PAGE).toBe(0)
  expect([videoBase - ramBase, romBase - videoBase]).toEqual([32 * MIB, 16 * MIB])
  expect(wasmPages * 65536).toBeGreaterThanOrEqual(romBase + MIB)
  expect(areas).toHaveLength(processors)
  if (processors > 1) areas.forEach((area, index) => expect(area + PROCESSOR_AREA_BYTES).toBe(areas[index + 1] ?? ramBase))
})
