import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildIfStale } from '../scripts/build-if-stale.mjs'
import { licencesSchema } from '../src/shared/licences'
import { locate } from '../src/main/services/locations'
import { collectLicences, licenceOf } from './licences'
import { packageFolder, readPackage, withDependencies } from './packages'

const { root } = locate()

it('every package that is carried, the compiler, the font and Electron have their licence in the built page', { timeout: 90_000 }, async () => {
  await buildIfStale()
  const licences = licencesSchema.parse(JSON.parse(await readFile(join(root, 'out/renderer/licences.json'), 'utf8')))
  expect(licences[0]).toMatchObject({ name: 'bootlab', licence: 'MIT' })
  const names = licences.map(({ name }) => name)
  const needed = withDependencies([root]).map(({ name }) => name)
  // What the page is made of, and nothing that only makes or tests it.
  expect(names).toEqual(expect.arrayContaining([...needed, 'react', 'react-dom', 'scheduler', 'zustand', 'monaco-editor', '@xterm/xterm', 'electron', 'Zig', 'The text screen’s font']))
  expect(names.filter((name) => /^(vite|vitest|typescript|electron-builder|@playwright|iced-x86|v86)/.test(name))).toEqual([])
  expect(licences.find(({ name }) => name.startsWith('LLVM'))?.text).toContain('LLVM Exceptions to the Apache 2.0 License')
  expect(licences.find(({ name }) => name === 'monaco-editor')?.text).toContain('Unicode Data Files')
  expect(licences.find(({ name }) => name.includes('font'))?.text).toContain('SIL OPEN FONT LICENSE')
})

it('a package without a licence, or without its words, ends the build', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bootlab-licences-'))
  try {
    const state = (license?: string) => writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'odd', version: '1.0.0', ...(license && { license }) }))
    await state('MIT')
    expect(() => licenceOf(readPackage(folder), root)).toThrow(/odd has no licence’s words/)
    await writeFile(join(folder, 'Licence.md'), 'Do as you like.')
    expect(licenceOf(readPackage(folder), root)).toEqual({ name: 'odd', version: '1.0.0', licence: 'MIT', text: 'Do as you like.' })
    await state()
    expect(() => licenceOf(readPackage(folder), root)).toThrow(/odd has no licence/)
    expect(() => collectLicences(root, [folder])).toThrow(/odd/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('finds the package of a module', () => {
  const at = (...parts: string[]): string => join(root, ...parts)
  expect(packageFolder(at('node_modules', 'react', 'index.js'))).toBe(at('node_modules', 'react'))
  expect(packageFolder(`${at('node_modules', '@xterm', 'xterm', 'lib', 'xterm.js')}?worker`)).toBe(at('node_modules', '@xterm', 'xterm'))
  expect(packageFolder(at('node_modules', 'a', 'node_modules', 'b', 'x.js'))).toBe(at('node_modules', 'a', 'node_modules', 'b'))
  expect([packageFolder(at('src', 'main', 'index.ts')), packageFolder('\0virtual')]).toEqual([undefined, undefined])
})
