/** The key `image` of manifests: what kind of medium a build writes. */
import { z } from 'zod'
import { FILE_SYSTEMS, FIRMWARES, IMAGE_FORMATS, IMAGE_LAYOUTS } from '../../shared/image'
import { projectPath } from './manifest-parts'
import { memorySize } from './memory-size'

const size = z
  .string()
  .superRefine((text, context) => {
    const parsed = memorySize(text)
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.why.replace('memory size', 'size').replace('the machine has 1M to 3G of memory', 'an image has 1M to 3G') })
  })
  .describe('Size of the image, such as "64M": a number with K, M or G. By default as much as its content needs.')

/** Where a file lies on the boot volume: names that every file system takes. */
const volumePath = z
  .string()
  .max(240)
  .regex(/^(\/[^/\\:*?"<>|\p{Cc}]{1,100})+$/u, 'a path on the volume begins with "/" and has names without \\ : * ? " < > |.')
  .refine((path) => !path.split('/').some((name) => /^\.{1,2}$|[ .]$/.test(name)), 'a name on the volume is not "." or "..", and does not end in a dot or space.')

const format = z.enum(IMAGE_FORMATS).default('raw').describe('raw: the bytes of the disk. vhd, vmdk, vdi, qcow2: a virtual disk for Hyper-V, VMware, VirtualBox or QEMU.')

/** For what brings its own sectors: only the wrapping can be chosen. */
export const imageFormatKey = z.strictObject({ format }).describe('In which format the image is written.')

export const imageKey = z
  .strictObject({
    layout: z
      .enum(IMAGE_LAYOUTS)
      .default('mbr')
      .describe('mbr: a partition table in sector 0. gpt: a GUID partition table. hybrid: both. superfloppy: a file system without partitions. floppy: the same on a 1.44 MB diskette. iso: a CD that also boots as a disk.'),
    fileSystem: z.enum(FILE_SYSTEMS).default('auto').describe("The boot partition's file system: fat12, fat16, fat32; none for bare sectors; auto for the one that suits the size."),
    firmware: z.enum(FIRMWARES).default('both').describe('Which firmware starts it: bios, uefi, or both.'),
    size: size.optional(),
    label: z
      .string()
      .regex(/^[A-Za-z0-9_ -]{1,11}$/, 'a label has 1 to 11 letters, digits, "_", "-" or spaces.')
      .default('BOOTLAB')
      .describe('The name of the boot volume, kept in upper case.'),
    format,
    files: z
      .array(z.strictObject({ path: projectPath.describe('A file or folder of the project.'), to: volumePath.describe('Its path on the boot volume, such as "/data/logo.bmp".') }))
      .max(256)
      .default([])
      .describe('Further files and folders that are copied onto the boot volume.'),
  })
  .describe('What kind of image a build writes.')

export type ImageKey = z.infer<typeof imageKey>
