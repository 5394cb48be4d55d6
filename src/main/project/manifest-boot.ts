/** The key `boot` of manifests: how the boot loader starts the kernel, and what it loads beside it. */
import { z } from 'zod'
import { BOOT_PROTOCOLS, MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { projectPath } from './manifest-parts'

/** Physical addresses have up to 32 bits here. */
const MAX_ADDRESS = 0xffff_ffff

/** The menu numbers its entries with one digit. */
const MAX_FURTHER_ENTRIES = 8

const address = z
  .string()
  .regex(/^(0x[0-9A-Fa-f]{1,8}|[0-9]{1,10})$/, 'an address is a number such as "0x100000".')
  .refine((text) => Number(text) <= MAX_ADDRESS, 'the address is beyond 4 GiB.')

const protocol = z.enum(BOOT_PROTOCOLS).optional()
const commandLine = z.string().max(MAX_COMMAND_LINE_BYTES).default('')
const title = z
  .string()
  .regex(/^[^\p{Cc}]{1,70}$/u, 'a title has 1 to 70 characters in one line.')
  .refine((text) => text.trim() === text, 'a title does not begin or end with a space.')
const compress = z.boolean().default(false)

const modules = z
  .array(
    z.strictObject({
      path: projectPath.describe('The file.'),
      cmdline: commandLine.describe('A text that the kernel finds with it.'),
      compress: compress.describe('Whether it lies compressed (gzip) on the boot volume; the kernel finds it inflated.'),
    }),
  )
  .max(128)
  .default([])
  .describe('Files that the kernel finds in memory beside itself, in this order.')

/** A further entry of the boot menu. */
const entry = z.strictObject({
  title: title.describe('What the menu shows.'),
  kernel: projectPath.describe('The kernel file.'),
  protocol: protocol.describe("How the kernel is entered; by default what the kernel's own headers say."),
  address: address.optional().describe('Where the first byte of a flat kernel belongs.'),
  cmdline: commandLine.describe("The kernel's command line."),
  compress: compress.describe('Whether the kernel lies compressed (gzip) on the boot volume.'),
  modules,
})

export const bootKey = z
  .strictObject({
    protocol: protocol.describe(
      "How the kernel is entered: multiboot1, multiboot2, elf32, elf64, limine, linux, bootloader and bootloader11 (the Rust crate up to 0.9, and 0.11), or flat16, flat32, flat64 for a file without headers. By default what the kernel's own headers say.",
    ),
    address: address.optional().describe('Where the first byte of a flat kernel belongs, such as "0x7e00".'),
    compress: compress.describe('Whether the kernel lies compressed (gzip) on the boot volume.'),
    modules,
    title: title.optional().describe("What the boot menu shows for the project's own kernel; its title or name by default."),
    entries: z.array(entry).max(MAX_FURTHER_ENTRIES).default([]).describe('Further kernels for the boot menu.'),
    timeout: z.number().int().min(0).max(3600).optional().describe('Seconds after which the menu boots its default entry; without it a menu waits for a key.'),
    default: z.number().int().min(1).max(MAX_FURTHER_ENTRIES + 1).default(1).describe("The entry that the menu chooses by itself: 1 is the project's own kernel."),
  })
  .refine((boot) => boot.default <= boot.entries.length + 1, { path: ['default'], message: 'there is no such entry in the menu.' })
  .describe('How the boot loader starts the kernel.')

export type BootKey = z.infer<typeof bootKey>
export type BootModuleKey = BootKey['modules'][number]
