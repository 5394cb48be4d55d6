import { join } from 'node:path'
import { BUILD_DIR, sourcePathOf, type BootSectorManifest, type CManifest, type DiskManifest, type Project, type Target } from '../../project'
import type { BuildRecord, BuildResult } from '../build-result'
import { locateZig, zigVersion } from '../zig'
import type { NativeContext } from './context'
import { buildDisk } from './disk'
import { FileHashes } from './file-hashes'
import { flatScript } from './flat-scripts'
import { BOOT_SECTOR_ADDRESS, sectorFault } from './boot-sector'
import { makeFolder, Store } from './store'
import { buildUnit } from './unit'

type NativeManifest = CManifest | BootSectorManifest | DiskManifest

/**
 * Build what C and assembly make. Only what changed is compiled and linked again: results and what they were made of are kept
 * in the build folder.
 */
export async function buildNative(project: Project, manifest: NativeManifest, target: Target, record: BuildRecord): Promise<BuildResult> {
  const zig = locateZig()
  const buildDir = join(project.dir, BUILD_DIR)
  await makeFolder(buildDir)
  const hashes = new FileHashes(project.dir)
  const store = await Store.open(buildDir, hashes)
  const context: NativeContext = { zig, zigVersion: zigVersion(zig), project, record, hashes, store }
  const result = await buildKind(context, manifest, target)
  if (result.ok) await store.sweep()
  return result
}

function buildKind(context: NativeContext, manifest: NativeManifest, target: Target): Promise<BuildResult> {
  if (manifest.kind === 'disk') return buildDisk(context, manifest, target)
  return manifest.kind === 'boot-sector' ? buildSector(context, manifest, target) : buildC(context, manifest, target)
}

async function buildC(context: NativeContext, manifest: CManifest, target: Target): Promise<BuildResult> {
  const { record } = context
  const built = await buildUnit(context, { name: manifest.name, settings: manifest, target, extra: manifest.output === 'flat' ? 'flat' : undefined })
  const kernel = manifest.output === 'flat' ? built?.extra : built?.elf
  if (kernel === undefined) return record.fail()
  return record.succeed({ form: 'kernel', ...kernel }, built?.elf?.path)
}

async function buildSector(context: NativeContext, manifest: BootSectorManifest, target: Target): Promise<BuildResult> {
  const { record } = context
  const built = await buildUnit(context, { name: manifest.name, settings: manifest, target, extra: 'flat', entry: BOOT_SECTOR_ADDRESS, script: flatScript(BOOT_SECTOR_ADDRESS) })
  if (built?.extra === undefined) return record.fail()
  const fault = sectorFault(built.extra.bytes)
  if (fault !== undefined) {
    const [first] = manifest.sources
    record.report({ severity: 'error', source: 'linker', ...(first === undefined ? {} : { file: sourcePathOf(first) }), ...fault })
    return record.fail()
  }
  return record.succeed({ form: 'boot-sector', ...built.extra }, built.elf?.path)
}
