import { expect, test } from 'vitest'
import { I440fx, PAM, type Shadow } from './i440fx'
import { PciConfig } from './pci-config'

test('attribute maps say for 16 KiB each what reads and writes reach; PAM0 has the BIOS', () => {
  const shown: (readonly Shadow[])[] = []
  const host = new I440fx(32 << 20, (parts) => shown.push(parts))
  const config = new PciConfig(host)
  const write = (at: number, value: number): void => {
    config.write(at, 1, value)
    host.configured(config, at, 1)
  }
  host.configured(config, 0, 256)
  expect(shown.at(-1)).toEqual(Array.from({ length: 16 }, () => ({ read: false, write: false })))
  write(PAM, 0x10)
  // PAM1: C0000 is RAM, C4000 is for writing only; PAM6: EC000 for reading.
  write(PAM + 1, 0x23)
  write(PAM + 6, 0x10)
  const parts = shown.at(-1) ?? []
  expect(parts.slice(0, 3)).toEqual([{ read: true, write: true }, { read: false, write: true }, { read: false, write: false }])
  expect(parts.slice(10)).toEqual([{ read: false, write: false }, ...Array.from({ length: 5 }, () => ({ read: true, write: false }))])
  const before = shown.length
  write(PAM + 6, 0x10)
  write(PAM + 7, 0xff)
  expect([shown.length, config.read(0x67, 1), config.read(0, 4)]).toEqual([before, 4, 0x12378086])
})
