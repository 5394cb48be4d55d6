/** The section `.bootloader-config` as each release of bootloader_api writes it, put together field by field, independently of the reader. */

/** Absent addresses and numbers are left to the loader. */
export interface Wishes {
  /** The release 0.11.x. */
  patch: number
  stackBytes?: bigint
  stack?: bigint
  base?: bigint
  bootInfo?: bigint
  framebuffer?: bigint
  /** An address, or `true` for any. */
  physical?: bigint | true
  recursive?: bigint | true
  aslr?: boolean
  rangeStart?: bigint
  rangeEnd?: bigint
  ramdisk?: bigint
  height?: bigint
  width?: bigint
}

const UUID = '743ca961093646a0bb555c158915253d'

export function crateSection(wishes: Wishes): Uint8Array {
  const out: number[] = [...Buffer.from(UUID, 'hex')]
  const put = (value: number | bigint, bytes: number): void => {
    for (let byte = 0; byte < bytes; byte++) out.push(Number((BigInt(value) >> BigInt(8 * byte)) & 0xffn))
  }
  const wish = (value: bigint | undefined): void => {
    put(value === undefined ? 0 : 1, 1)
    put(value ?? 0n, 8)
  }
  const optional = (value: bigint | true | undefined): void => {
    put(value === undefined ? 0 : 1, 1)
    wish(value === true ? undefined : value)
  }
  for (const part of [0, 11, wishes.patch]) put(part, 2)
  put(0, 1)
  put(wishes.stackBytes ?? 80n * 1024n, 8)
  wish(wishes.stack)
  if (wishes.patch >= 11) wish(wishes.base)
  wish(wishes.bootInfo)
  wish(wishes.framebuffer)
  optional(wishes.physical)
  optional(wishes.recursive)
  put(wishes.aslr ? 1 : 0, 1)
  wish(wishes.rangeStart)
  wish(wishes.rangeEnd)
  if (wishes.patch >= 1) wish(wishes.ramdisk)
  wish(wishes.height)
  wish(wishes.width)
  return Uint8Array.from(out)
}

/** For an assembler's .byte. */
export function byteList(bytes: Uint8Array): string {
  return JSON.stringify([...bytes].join(','))
}
