import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readWindowState, writeWindowState } from './window-state'

const display = { x: 0, y: 0, width: 1920, height: 1080 }
const state = { bounds: { x: 100, y: 100, width: 1280, height: 860 }, maximized: true }

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-window-'))
  file = join(folder, 'window.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('window state', () => {
  it('comes back as it was stored', () => {
    writeWindowState(file, state)
    expect(readWindowState(file, [display])).toEqual(state)
  })

  it.each([
    ['left of every display', { x: -5000, y: 100 }],
    ['with only a sliver visible', { x: 1900, y: 100 }],
    ['above the display, where no title bar can be taken hold of', { x: 100, y: -200 }],
    ['below it', { x: 100, y: 1070 }],
  ])('is dropped when the window would open %s', (_case, place) => {
    writeWindowState(file, { ...state, bounds: { ...state.bounds, ...place } })
    expect(readWindowState(file, [display])).toBeUndefined()
  })

  it('finds a window on the second display', () => {
    writeWindowState(file, { ...state, bounds: { ...state.bounds, x: 2000 } })
    expect(readWindowState(file, [display])).toBeUndefined()
    expect(readWindowState(file, [display, { ...display, x: 1920 }])).toBeDefined()
  })

  it.each(['', 'null', '{"bounds":{"x":1}}', '{"bounds":{"x":0,"y":0,"width":1,"height":1},"maximized":false}', '\u0000'])(
    'is dropped when the file holds %j',
    (text) => {
      writeFileSync(file, text)
      expect(readWindowState(file, [display])).toBeUndefined()
    },
  )
})
