import { currentStrings } from '../../strings'

/** The bytes, after a line in reverse video that says how many are missing before them. */
export function withNotice(bytes: Uint8Array, lost: number | undefined): Uint8Array {
  if (lost === undefined) return bytes
  const notice = new TextEncoder().encode(`\r\n\x1b[7m${currentStrings().machine.serialLost(lost)}\x1b[0m\r\n`)
  const both = new Uint8Array(notice.length + bytes.length)
  both.set(notice)
  both.set(bytes, notice.length)
  return both
}
