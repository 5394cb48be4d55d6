import { describe, expect, test } from 'vitest'
import { IoBus } from '../machine/io-bus'
import { FwCfg } from './fw-cfg'

function bench(): { fwCfg: FwCfg; bus: IoBus; ram: Uint8Array; select: (number: number) => void; bytes: (count: number) => number[]; dma: (control: number, length: number, address: number) => number } {
  const ram = new Uint8Array(1 << 16)
  const fwCfg = new FwCfg({ memory: { read: (at, bytes) => ram.slice(at, at + bytes), write: (at, bytes) => ram.set(bytes, at) }, ramBytes: 64 << 20, processors: 1 })
  const bus = new IoBus()
  bus.attach(fwCfg)
  fwCfg.reset()
  return {
    fwCfg, bus, ram,
    select: (number) => bus.write(0x510, 2, number),
    bytes: (count) => Array.from({ length: count }, () => bus.read(0x511, 1)),
    dma(control, length, address) {
      const view = new DataView(ram.buffer)
      for (const [index, value] of [control, length, 0, address].entries()) view.setUint32(0x100 + index * 4, value)
      bus.write(0x514, 4, 0)
      bus.write(0x518, 4, 0x0001_0000)
      return view.getUint32(0x100)
    },
  }
}

describe('firmware configuration', () => {
  test('has items by number, and zeros beyond them', () => {
    const { select, bytes } = bench()
    select(0)
    expect(Buffer.from(bytes(4)).toString('latin1')).toBe('QEMU')
    expect(bytes(2)).toEqual([0, 0])
    select(1)
    expect(bytes(4)).toEqual([3, 0, 0, 0])
    select(3)
    expect(bytes(8)).toEqual([0, 0, 0, 4, 0, 0, 0, 0])
    select(0x1234)
    expect(bytes(2)).toEqual([0, 0])
  })

  test('makes a file anew whenever it is selected, if it is told how', () => {
    const { fwCfg, select, bytes } = bench()
    let count = 0
    fwCfg.addFile('made', Uint8Array.of(0), () => Uint8Array.of(++count))
    select(0x20)
    expect(bytes(2)).toEqual([1, 0])
    select(0x20)
    expect(bytes(1)).toEqual([2])
  })

  test('lists files by name, big-endian', () => {
    const { fwCfg, select, bytes } = bench()
    fwCfg.addFile('etc/one', Uint8Array.of(1, 2, 3))
    fwCfg.addFile('etc/two', Uint8Array.of(9))
    select(0x19)
    expect(bytes(4)).toEqual([0, 0, 0, 2])
    bytes(64)
    expect([bytes(4), bytes(4)]).toEqual([[0, 0, 0, 1], [0, 0x21, 0, 0]])
    expect(Buffer.from(bytes(56)).toString('latin1').replaceAll('\0', '')).toBe('etc/two')
    select(0x21)
    expect(bytes(1)).toEqual([9])
    expect(() => fwCfg.addFile('x'.repeat(56), new Uint8Array())).toThrow(RangeError)
  })

  test('selects, skips and reads by DMA', () => {
    const { fwCfg, bus, ram, dma } = bench()
    expect([bus.read(0x514, 4), bus.read(0x518, 4)]).toEqual([0x554d4551, 0x47464320])
    fwCfg.addFile('etc/one', Uint8Array.of(1, 2, 3, 4))
    expect(dma(0x0020_0008, 0, 0)).toBe(0)
    expect(dma(0x04, 1, 0)).toBe(0)
    expect([dma(0x02, 5, 0x200), Array.from(ram.subarray(0x200, 0x206))]).toEqual([0, [2, 3, 4, 0, 0, 0]])
  })

  test('takes no writes, and no descriptor that asks for the moon', () => {
    const { dma } = bench()
    expect([dma(0x10, 1, 0x200), dma(0x02, 0xffff_ffff, 0x200)]).toEqual([1, 1])
  })
})
