/** Bytes as text for the clipboard. */
const PER_LINE = 12

export const asHex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')

/** @param address names the array */
export function asCArray(bytes: Uint8Array, address: bigint): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    lines.push(`    ${[...bytes.subarray(at, at + PER_LINE)].map((byte) => `0x${byte.toString(16).padStart(2, '0')},`).join(' ')}`)
  }
  return `static const unsigned char at_${address.toString(16)}[${bytes.length}] = {\n${lines.join('\n')}\n};\n`
}

/** As Latin-1: each byte is a character. */
export const asText = (bytes: Uint8Array): string => [...bytes].map((byte) => String.fromCharCode(byte)).join('')
