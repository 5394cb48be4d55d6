import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'
import { licences } from './packaging/licences'

const at = (path: string): string => resolve(import.meta.dirname, path)

/**
 * electron-vite puts `const require = …` into every ES chunk that contains the text `require(`, which is a syntax error where a
 * module declares that name itself. The lab's modules need no such help, so its plugin is made idle.
 */
const withoutCommonJsShims: Plugin = {
  name: 'bootlab:without-commonjs-shims',
  configResolved(config) {
    for (const plugin of config.plugins) if (plugin.name === 'vite:esm-shim') delete plugin.renderChunk
  },
}

/** Names, without hash, of what most starts show next. The browser reads and compiles it while the page's own code still runs. */
const PRELOADED = ['setup']

const preloadChunks: Plugin = {
  name: 'bootlab:preload-chunks',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle }) {
      const chunks = Object.values(bundle ?? {}).flatMap((one) => (one.type === 'chunk' && PRELOADED.includes(one.name) ? [one.fileName] : []))
      return chunks.map((file) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` }, injectTo: 'head' }))
    },
  },
}

const { collect, write } = licences(import.meta.dirname)

/**
 * Monaco by its layers, of which each uses those before: parts are compiled side by side, while later ones are still being read, and an error
 * object that is made while one is evaluated has only that part parsed anew for its stack.
 */
const monacoGroups = ['base', 'platform'].map((layer, index) => ({ name: `monaco-${layer}`, test: new RegExp(String.raw`[\\/]monaco-editor[\\/]esm[\\/]vs[\\/]${layer}[\\/]`), priority: 10 - index }))

/**
 * One build makes everything in out/:
 * - main: ES modules for Electron's main process and for plain Node alike; most dependencies stay outside, `electron` too;
 * - preload: one CommonJS file without imports, as Electron's sandbox demands;
 * - renderer: static files for both doors, with relative addresses, and the licences of all that is carried.
 */
export default defineConfig({
  main: {
    plugins: [withoutCommonJsShims, collect],
    build: {
      target: 'node20.19',
      outDir: 'out/main',
      // Every start of the command, and of a machine's worker, reads these; zod is some 80 files. One file is read in a tenth of the time.
      externalizeDeps: { exclude: ['zod', 'jsonc-parser', 'env-paths', 'picomatch'] },
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input: {
          index: at('src/main/index.ts'),
          cli: at('src/cli/main.ts'),
          'emulator-worker': at('src/main/emulator/host/worker.ts'),
          'search-worker': at('src/main/services/search/worker.ts'),
          'image-worker': at('src/main/services/image-explorer/worker.ts'),
          'usb-writer': at('src/main/usb/writer/process.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    plugins: [collect],
    build: {
      target: 'node20.19',
      outDir: 'out/preload',
      externalizeDeps: false,
      minify: false,
      rolldownOptions: {
        input: { index: at('src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: at('src/renderer'),
    base: './',
    plugins: [react(), preloadChunks, collect, write],
    build: {
      target: 'es2022',
      outDir: at('out/renderer'),
      minify: true,
      // Monaco's editor is one large module by nature.
      chunkSizeWarningLimit: 6000,
      // A data: address would need a wider content security policy for fonts and workers.
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: { index: at('src/renderer/index.html') },
        output: { codeSplitting: { groups: monacoGroups } },
      },
    },
    worker: { format: 'es' },
  },
})
