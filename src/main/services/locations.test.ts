import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { locate } from './locations'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-places-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function install(...path: string[]): string {
  const root = join(folder, ...path)
  mkdirSync(join(root, 'out', 'main', 'chunks'), { recursive: true })
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'bootlab', version: '1.2.3' }))
  return root
}

describe('locate', () => {
  it("finds this checkout's own folders from the source", () => {
    const { root, resources } = locate()
    expect(existsSync(join(root, 'src', 'main', 'services', 'locations.ts'))).toBe(true)
    expect(existsSync(join(resources, 'templates'))).toBe(true)
  })

  it('finds them from the built chunks, past other packages', () => {
    const root = install('node_modules', 'bootlab')
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'other', version: '9.9.9' }))
    const found = locate(join(root, 'out', 'main', 'chunks'))
    expect(found).toEqual({
      root,
      version: '1.2.3',
      resources: join(root, 'resources'),
      renderer: join(root, 'out', 'renderer'),
      preload: join(root, 'out', 'preload', 'index.cjs'),
      emulatorWorker: join(root, 'out', 'main', 'emulator-worker.js'),
      searchWorker: join(root, 'out', 'main', 'search-worker.js'),
      imageWorker: join(root, 'out', 'main', 'image-worker.js'),
      usbWriter: join(root, 'out', 'main', 'usb-writer.js'),
    })
  })

  it('takes what other processes and threads read from beside the archive of a packaged app', () => {
    const root = install('app.asar')
    const { resources, emulatorWorker, usbWriter, renderer } = locate(join(root, 'out', 'main'))
    const outside = join(folder, 'app.asar.unpacked')
    expect({ resources, emulatorWorker, usbWriter }).toEqual({
      resources: join(outside, 'resources'),
      emulatorWorker: join(outside, 'out', 'main', 'emulator-worker.js'),
      usbWriter: join(outside, 'out', 'main', 'usb-writer.js'),
    })
    expect(renderer).toBe(join(root, 'out', 'renderer'))
  })

  it('says that the installation is broken when there is none', () => {
    expect(() => locate(folder)).toThrow(/package\.json is missing/)
  })
})
