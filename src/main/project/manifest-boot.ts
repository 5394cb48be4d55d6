/** The key `boot` of manifests: how the boot loader starts the kernel, and what it loads beside it. */
import { z } from 'zod'
import { BOOT_PROTOCOLS, MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { projectPath } from './manifest-parts'

/** Physical addresses have up to 32 bits here. */
const MAX_ADDRESS = 0xffff_ffff

const address = z
  .string()
  .regex(/^(0x[0-9A-Fa-f]{1,8}|[0-9]{1,10})$/, 'an address is a number such as "0x100000".')
  .refine((text) => Number(text) <= MAX_ADDRESS, 'the address is beyond 4 GiB.')

export const bootKey = z
  .strictObject({
    protocol: z
      .enum(BOOT_PROTOCOLS)
      .optional()
      .describe("How the kernel is entered: multiboot1, multiboot2, elf32, elf64, bootloader (the Rust crate), or flat16, flat32, flat64 for a file without headers. By default what the kernel's own headers say."),
    address: address.optional().describe('Where the first byte of a flat kernel belongs, such as "0x7e00".'),
    modules: z
      .array(
        z.strictObject({
          path: projectPath.describe('The file.'),
          cmdline: z.string().max(MAX_COMMAND_LINE_BYTES).default('').describe('A text that the kernel finds with it.'),
        }),
      )
      .max(128)
      .default([])
      .describe('Files that the kernel finds in memory beside itself, in this order.'),
  })
  .describe('How the boot loader starts the kernel.')

export type BootKey = z.infer<typeof bootKey>
