// Runs a TypeScript script of this repository on plain Node: bundles it with vite's bundler into a temporary folder first.
//   node scripts/run.mjs scripts/conformance.ts --vectors DIR
import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const [script] = process.argv.slice(2)
if (script === undefined) {
  console.error('usage: node scripts/run.mjs FILE.ts [arguments of the script]')
  process.exit(64)
}
// Inside the checkout, so that packages are found from the bundle.
const folder = mkdtempSync(join(root, 'node_modules', '.run-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
await build({
  root,
  configFile: false,
  logLevel: 'error',
  build: { ssr: resolve(root, script), outDir: folder, emptyOutDir: false, target: 'node20', minify: false, rollupOptions: { output: { entryFileNames: 'main.mjs' } } },
})
process.argv.splice(1, 2, resolve(root, script))
await import(pathToFileURL(join(folder, 'main.mjs')).href)
