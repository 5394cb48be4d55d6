import { expect, test } from 'vitest'
import { defaultLayout, fitsPanels, readingOrder, type PlacedPanels } from './panel-places'

const panels: PlacedPanels = {
  editor: { place: 'centre' },
  log: { place: 'below-centre' },
  problems: { place: 'below-centre' },
  screen: { place: 'right' },
  serial: { place: 'below-right' },
  debug: { place: 'below-right', closedAtFirst: true },
  help: { place: 'right', closedAtFirst: true },
  report: { place: 'below-right' },
  registers: { place: 'below-right', closedAtFirst: true },
  disassembly: { place: 'below-centre', closedAtFirst: true },
  stack: { place: 'below-right', closedAtFirst: true },
  breakpoints: { place: 'below-centre', closedAtFirst: true },
  memory: { place: 'below-right', closedAtFirst: true },
  tables: { place: 'below-right', closedAtFirst: true },
  paging: { place: 'below-right', closedAtFirst: true },
  devices: { place: 'below-right', closedAtFirst: true },
  trace: { place: 'below-right', closedAtFirst: true },
  files: { place: 'left' },
  search: { place: 'left', closedAtFirst: true },
  image: { place: 'right', closedAtFirst: true },
}

type Node = ReturnType<typeof defaultLayout>['grid']['root']
/** `[editor] / [log problems]`, with sizes. */
function show({ data, size = 0 }: Node): string {
  return Array.isArray(data) ? `(${data.map(show).join(' ')}):${size}` : `${data.views.join('+')}:${size}`
}

test('a wide window has two columns and one of files, and the screen its own size', () => {
  const layout = defaultLayout(panels, { width: 1440, height: 800 })
  expect(show(layout.grid.root)).toBe('(files:244 (editor:544 log+problems:256):506 (screen:520 serial+report:280):690):800')
  expect(Object.keys(layout.panels)).toEqual(['editor', 'log', 'problems', 'screen', 'serial', 'report', 'files'])
  expect(fitsPanels(JSON.parse(JSON.stringify(layout)))).toBe(true)
})

test('a window of 1280 pixels leaves the editor its width; one of 1024 has the files as a tab; a narrow one stacks', () => {
  expect(show(defaultLayout(panels, { width: 1280, height: 800 }).grid.root)).toMatch(/^\(files:244 \(editor:\d+ log\+problems:\d+\):370 \(screen:520 /)
  expect(show(defaultLayout(panels, { width: 1024, height: 600 }).grid.root)).toMatch(/^\(\(editor:\d+ log\+problems\+files:\d+\):370 \(screen:492 serial\+report:108\):654\)/)
  expect(show(defaultLayout(panels, { width: 640, height: 400 }).grid.root)).toBe('((editor:200 log+problems+screen+serial+report+files:200):640):400')
})

test('a layout of another version is not taken', () => {
  const layout = defaultLayout(panels, { width: 1000, height: 500 })
  expect(fitsPanels({})).toBe(false)
  expect(fitsPanels({ ...layout, panels: { ...layout.panels, gone: { id: 'gone', contentComponent: 'gone' } } })).toBe(false)
  expect(fitsPanels({ ...layout, panels: { log: layout.panels['log'] } })).toBe(false)
  expect(fitsPanels({ ...layout, grid: { ...layout.grid, root: { type: 'leaf', data: {} } } })).toBe(false)
})

test('the next panel is the one that is read next', () => {
  const box = (name: string, left: number, top: number) => ({ name, left, top })
  expect(readingOrder([box('d', 700, 400), box('b', 0, 300), box('c', 700, 0), box('a', 0, 0)]).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
})
