import { readFile } from 'node:fs/promises'
import { memorySize, resolveInside, type DiskManifest, type DiskPart, type Target } from '../../project'
import type { BuildResult, DiskPiece } from '../build-result'
import { loadTarget } from '../load-target'
import { BOOT_SECTOR_ADDRESS } from './boot-sector'
import type { NativeContext } from './context'
import { flatScript } from './flat-scripts'
import { buildUnit } from './unit'

const SECTOR_BYTES = 512

/**
 * Build the parts of a raw disk, last to first: a stage that loads another one sees its size as a macro.
 * Where the parts lie, and whether they overlap, is looked at when the image is put together.
 */
export async function buildDisk(context: NativeContext, manifest: DiskManifest, target: Target): Promise<BuildResult> {
  const { record } = context
  const defines = placeDefines(manifest)
  const pieces: DiskPiece[] = []
  for (const part of manifest.parts.toReversed()) {
    const piece = await buildPart(context, manifest, part, target, defines)
    if (piece === undefined) return record.fail()
    pieces.unshift(piece)
    Object.assign(defines, sizeDefines(part.name, piece.bytes.length))
  }
  const size = manifest.size === undefined ? undefined : memorySize(manifest.size)
  return record.succeed({ form: 'disk', pieces, ...(size?.ok ? { givenBytes: size.bytes } : {}) })
}

/** Where each part lies, as its sources see it. */
export function placeDefines({ parts }: DiskManifest): Record<string, number> {
  return Object.fromEntries(parts.map(({ name, sector }) => [`${name.toUpperCase()}_LBA`, sector]))
}

/** How large a part is, as those see it that are built after it. */
export function sizeDefines(name: string, bytes: number): Record<string, number> {
  return { [`${name.toUpperCase()}_BYTES`]: bytes, [`${name.toUpperCase()}_SECTORS`]: Math.ceil(bytes / SECTOR_BYTES) }
}

async function buildPart(context: NativeContext, manifest: DiskManifest, part: DiskPart, diskTarget: Target, defines: Readonly<Record<string, number>>): Promise<DiskPiece | undefined> {
  const { name, sector, file, sources, address = BOOT_SECTOR_ADDRESS, format } = part
  const { project, record } = context
  if (file !== undefined) {
    const path = await resolveInside(project.dir, file, `file of the part ${name}`)
    return { name, sector, bytes: await readFile(path), path }
  }
  // The manifest's schema asks for one of the two.
  if (sources === undefined) throw new Error(`Part ${name} has neither sources nor a file.`)
  const target = part.target === undefined ? diskTarget : await loadTarget(project, part.target, record)
  if (target === undefined) return undefined
  record.info(`Part ${name}, at sector ${sector}`)
  const built = await buildUnit(context, {
    name: `${manifest.name}-${name}`,
    settings: { ...part, sources, defines: { ...defines, ...part.defines } },
    target,
    ...(format === 'flat' ? { extra: 'flat', entry: address, script: flatScript(address) } : { extra: 'stripped' }),
  })
  return built?.extra && { name, sector, ...built.extra }
}
