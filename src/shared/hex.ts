import * as z from 'zod'

/** A 64-bit value as hexadecimal digits, e.g. `0xfee00000`. */
export const hexSchema = z.string().regex(/^0x[0-9a-f]{1,16}$/)
