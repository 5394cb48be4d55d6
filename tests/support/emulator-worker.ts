/** Builds a worker by itself, for tests that run machines and searches in threads without building the whole product. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { locate } from '../../src/main/services/locations'

export interface BuiltWorker {
  readonly url: URL
  remove(): Promise<void>
}

export const buildEmulatorWorker = (): Promise<BuiltWorker> => buildWorker('src/main/emulator/host/worker.ts')

export const buildSearchWorker = (): Promise<BuiltWorker> => buildWorker('src/main/services/search/worker.ts')

async function buildWorker(entry: string): Promise<BuiltWorker> {
  const { root } = locate()
  // Inside the checkout, so that the built worker finds its packages.
  const cache = join(root, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'worker-'))
  await build({
    configFile: false,
    logLevel: 'error',
    build: { ssr: join(root, entry), outDir: folder, minify: false, rolldownOptions: { output: { format: 'es', entryFileNames: 'worker.mjs' } } },
  })
  return { url: pathToFileURL(join(folder, 'worker.mjs')), remove: () => rm(folder, { recursive: true, force: true }) }
}
