/**
 * Where Bootlab's own files are: the one place that decides.
 *
 * The code runs from `src/` (tests), from `out/main/` (checkout, npm package) and from inside `app.asar` (packaged
 * app). In each case the root is the nearest folder above with Bootlab's package.json. What other processes and
 * threads read is not inside the archive but beside it, in `app.asar.unpacked`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { LabError } from '../../shared/failure'

const packageFile = z.object({ name: z.string(), version: z.string() })

export interface Locations {
  /** Folder of package.json. */
  root: string
  version: string
  /** templates/; in a checkout also what the build takes in. */
  resources: string
  /** The built renderer. */
  renderer: string
  /** The built preload script. */
  preload: string
  /** The built entry of a machine's worker thread. */
  emulatorWorker: string
  /** The built entry of a search's thread. */
  searchWorker: string
  /** The built entry of the thread that takes images apart. */
  imageWorker: string
  /** The built entry of the process that writes drives. */
  usbWriter: string
}

/** @throws LabError when no folder above `start` is Bootlab's, which means a damaged installation. */
export function locate(start: string = dirname(fileURLToPath(import.meta.url))): Locations {
  for (let folder = start; ; folder = dirname(folder)) {
    const version = bootlabVersion(join(folder, 'package.json'))
    if (version !== undefined) return layout(folder, version)
    if (folder === dirname(folder)) break
  }
  throw new LabError({
    code: 'broken-installation',
    what: "Bootlab's own package.json is missing.",
    where: start,
    next: 'Install Bootlab again (in a checkout: npm ci).',
  })
}

function layout(root: string, version: string): Locations {
  const unpacked = root.replace(/app\.asar$/, 'app.asar.unpacked')
  return {
    root,
    version,
    resources: join(unpacked, 'resources'),
    renderer: join(root, 'out', 'renderer'),
    preload: join(root, 'out', 'preload', 'index.cjs'),
    emulatorWorker: join(unpacked, 'out', 'main', 'emulator-worker.js'),
    searchWorker: join(unpacked, 'out', 'main', 'search-worker.js'),
    imageWorker: join(unpacked, 'out', 'main', 'image-worker.js'),
    usbWriter: join(unpacked, 'out', 'main', 'usb-writer.js'),
  }
}

function bootlabVersion(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  const parsed = packageFile.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  return parsed.success && parsed.data.name === 'bootlab' ? parsed.data.version : undefined
}
