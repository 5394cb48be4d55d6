import { describe, expect, it } from 'vitest'
import { SerialLog } from './serial-log'

describe('SerialLog', () => {
  it('keeps the last bytes at their places, whatever the sizes of what is added', () => {
    const log = new SerialLog(10)
    const all: number[] = []
    expect(log.read(0, 5)).toHaveLength(0)
    for (const size of [0, 1, 3, 9, 10, 11, 4, 25, 2, 10, 7]) {
      const bytes = Uint8Array.from({ length: size }, (_, index) => all.length + index)
      log.add(bytes)
      all.push(...bytes)
      expect(log.end).toBe(all.length)
      expect(log.start).toBe(Math.max(0, all.length - 10))
      for (let place = log.start; place <= log.end; place++) {
        for (const most of [1, 4, 10]) expect([...log.read(place, most)]).toEqual(all.slice(place, place + most))
      }
    }
  })
})
