/** What kind of image a build writes: the manifest's `image`, with what the command line says instead. */
import { extname, join } from 'node:path'
import { type FileSystem, type Firmware, IMAGE_FORMATS, type ImageFormat, type ImageLayout } from '../../shared/image'
import { DEFAULT_IMAGE_OPTIONS, ImageError, type ImageOptions } from '../image'
import { BUILD_DIR, memorySize, type Project } from '../project'

/** What is absent is as the manifest says. */
export interface ImageOverrides {
  layout?: ImageLayout | undefined
  fileSystem?: FileSystem | undefined
  firmware?: Firmware | undefined
  sizeBytes?: number | undefined
  format?: ImageFormat | undefined
}

export interface ImageSettings {
  options: ImageOptions
  format: ImageFormat
}

/** @param output whose extension says the format, where nothing else does */
export function imageSettings({ manifest }: Project, overrides: ImageOverrides = {}, output?: string): ImageSettings {
  const key = manifest.image && 'layout' in manifest.image ? manifest.image : undefined
  const size = key?.size === undefined ? undefined : memorySize(key.size)
  return {
    options: {
      layout: overrides.layout ?? key?.layout ?? DEFAULT_IMAGE_OPTIONS.layout,
      fileSystem: overrides.fileSystem ?? key?.fileSystem ?? DEFAULT_IMAGE_OPTIONS.fileSystem,
      firmware: overrides.firmware ?? key?.firmware ?? DEFAULT_IMAGE_OPTIONS.firmware,
      label: key?.label ?? DEFAULT_IMAGE_OPTIONS.label,
      sizeBytes: overrides.sizeBytes ?? (size?.ok ? size.bytes : undefined),
    },
    format: overrides.format ?? formatOfName(output) ?? manifest.image?.format ?? 'raw',
  }
}

function formatOfName(path: string | undefined): ImageFormat | undefined {
  const extension = path === undefined ? '' : extname(path).slice(1).toLowerCase()
  return IMAGE_FORMATS.find((format) => format !== 'raw' && format === extension)
}

/** Where a build writes the image. */
export function imagePathOf({ dir, manifest }: Project, { options, format }: ImageSettings): string {
  const extension = format !== 'raw' ? format : options.layout === 'iso' ? 'iso' : 'img'
  return join(dir, BUILD_DIR, `${manifest.name}.${extension}`)
}

const OPTION_NAMES = ['layout', 'fileSystem', 'firmware', 'label', 'sizeBytes'] as const

/** What has sectors of its own cannot be arranged. @throws ImageError when that is asked for */
export function requireNoLayout({ options }: ImageSettings, where: string): void {
  const asked = OPTION_NAMES.filter((name) => options[name] !== DEFAULT_IMAGE_OPTIONS[name])
  if (asked.length === 0) return
  throw new ImageError({
    what: `This is a whole image already, and ${asked.map((name) => (name === 'sizeBytes' ? 'size' : name)).join(', ')} cannot be chosen for it.`,
    where,
    why: 'Only for a kernel that Bootlab packs with its own boot loader it decides what lies where.',
    next: 'Leave that out; only the format can be chosen.',
  })
}
