/** The key `run` of manifests: the machine that a project boots in. */
import { z } from 'zod'
import { MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { CPU_MODEL_NAMES } from '../../shared/cpu-models'
import { BOOT_MEDIA, MOST_CPUS, MOST_EXTRA_DRIVES, DRIVE_BUSES, OPTIONAL_DEVICES, type OptionalDevice, PACES } from '../../shared/machine-schemas'
import { CLOCK_HINT, clockStart } from './clock'
import { projectPath } from './manifest-parts'
import { memorySize } from './memory-size'

/** A size such as `128M`. */
export const memory = z
  .string()
  .superRefine((text, context) => {
    const size = memorySize(text)
    if (!size.ok) context.addIssue({ code: 'custom', message: size.why })
  })
  .describe('Memory of the machine: a number with K, M or G, such as "128M".')

const medium = z.enum(BOOT_MEDIA)

const bus = z.enum(DRIVE_BUSES).describe('What the drive is connected to: "ide" (the default), "ahci", a SATA controller, or "nvme".')

const DEVICE_TITLES: Readonly<Record<OptionalDevice, string>> = {
  network: 'The network card.', hpet: 'The HPET.', mouse: 'The PS/2 mouse.', speaker: 'The speaker.', com1: 'Serial port COM1.', com2: 'Serial port COM2.', com3: 'Serial port COM3.', com4: 'Serial port COM4.', lpt1: 'Printer port LPT1.',
}

const drive = z.strictObject({
  path: projectPath.describe('The image file: raw, VHD, VMDK, VDI or qcow2.'),
  medium: medium.default('disk').describe('What it is put in as: a hard disk, a diskette or a CD.'),
  bus: bus.optional(),
  readOnly: z.boolean().default(false).describe('Whether the guest finds it write-protected. The file itself is not written.'),
  writeThrough: z.boolean().default(false).describe('Whether what the guest writes goes into the file itself (a raw image), and not to a copy in memory.'),
})

export const runKey = z
  .strictObject({
    memory: memory.default('128M'),
    append: z.string().max(MAX_COMMAND_LINE_BYTES).default('').describe("The kernel's command line, handed over by the boot loader."),
    cpu: z.enum(CPU_MODEL_NAMES).optional().describe('The processor: a model from "8086" to "haswell", or "max", all that the emulator knows.'),
    cpus: z.number().int().min(1).max(MOST_CPUS).optional().describe('How many processors (cores) the machine has; by default 1. More than one need a model with a local APIC: "pentium" or later.'),
    medium: medium.optional().describe("What the project's image is put in as: a hard disk, a diskette or a CD; by default what it looks like."),
    bus: bus.optional(),
    drives: z.array(drive).max(MOST_EXTRA_DRIVES).optional().describe('Images in further drives. What the guest writes goes to a copy in memory, unless a drive says otherwise.'),
    firmware: z
      .strictObject({
        bios: projectPath.describe('The ROM of a BIOS, such as a SeaBIOS of your own, or of UEFI, such as OVMF.'),
        vga: projectPath.optional().describe("The ROM of the display's BIOS; by default vgabios-stdvga.bin or vgabios.bin beside it."),
        variables: projectPath.optional().describe("UEFI's variables; by default, beside a firmware named OVMF_CODE….fd, OVMF_VARS….fd. What the guest writes goes to a copy in memory."),
      })
      .optional()
      .describe("A BIOS in the place of the lab's own."),
    boot: z
      .strictObject({
        order: z.array(z.enum(BOOT_MEDIA)).min(1).max(BOOT_MEDIA.length).optional().describe('Kinds of drive that come first, in this order. Default: the drive with the image.'),
        menu: z.boolean().optional().describe('Whether the BIOS offers a menu of the drives for a moment (ESC or F12). Default: no.'),
      })
      .optional()
      .describe('What the BIOS tries to boot.'),
    devices: z
      .strictObject(Object.fromEntries(OPTIONAL_DEVICES.map((name) => [name, z.boolean().optional().describe(DEVICE_TITLES[name])])))
      .optional()
      .describe('Devices that are taken out of the machine: false for each. By default all are there.'),
    pace: z.enum(PACES).optional().describe('How virtual time follows that of the host: "realtime", or "fast", which skips the time in which the guest waits. By default the window runs in real time, and the command line fast where nobody watches.'),
    clock: z
      .string()
      .refine((text) => clockStart(text) !== undefined, CLOCK_HINT)
      .optional()
      .describe('When the real-time clock begins: "now", or a time (UTC). By default the window begins now, and the command line in every run at the same time.'),
  })
  .describe('How the machine is set up when the project boots.')
