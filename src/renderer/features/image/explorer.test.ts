import { expect, test, vi } from 'vitest'
import { createLab, type Lab } from '../../app/lab'
import { createFakeServices, DIRECTORY } from '../../testing/fake-services'
import { memoryStorage } from '../../testing/memory-storage'

type Services = ReturnType<typeof createFakeServices>

async function labWithProject(services: Services): Promise<Lab> {
  const lab = createLab({ openPort: services.openPort, localStorage: memoryStorage(), sessionStorage: memoryStorage() })
  lab.connection.start()
  await vi.waitFor(() => expect(lab.projects.store.getState().view).not.toBe('starting'))
  await lab.openProject(DIRECTORY)
  services.script.build.result = { ok: true, problems: [], steps: [], milliseconds: 1, imagePath: `${DIRECTORY}/build/demo.img` }
  return lab
}

const state = ({ explorer }: Lab) => explorer.store.getState()
const ready = (lab: Lab): Promise<void> => vi.waitFor(() => expect(state(lab).status).toBe('ready'))
const selected = (lab: Lab): string | undefined => state(lab).image?.tree[state(lab).selected]?.role
const inspections = ({ log }: Services): number => log.filter((line) => line.startsWith('inspect')).length

test('a project’s image is looked at when somebody asks, and after each build of it', async () => {
  const services = createFakeServices()
  services.images.built = false
  const lab = await labWithProject(services)
  lab.commands.build()
  await vi.waitFor(() => expect(lab.build.store.getState().status).toBe('succeeded'))
  expect(inspections(services)).toBe(0)

  lab.commands.exploreImage()
  await vi.waitFor(() => expect(state(lab)).toMatchObject({ status: 'failed', failure: { code: 'not-found' } }))
  services.images.built = true
  lab.commands.build()
  await ready(lab)
  expect(selected(lab)).toBe('disk')
  await vi.waitFor(() => expect(state(lab).origin?.offset).toBe(0))

  lab.explorer.moveTo(1100)
  lab.explorer.zoomTo(3)
  expect(selected(lab)).toBe('function')
  services.images.version = 2
  lab.commands.build()
  await vi.waitFor(() => expect(state(lab).image?.version).toBe('2'))
  expect(state(lab)).toMatchObject({ cursor: 1100, zoom: 3 })
  expect(selected(lab)).toBe('function')
})

test('the cursor stays in the image, and selecting a piece moves it there', async () => {
  const lab = await labWithProject(createFakeServices())
  lab.commands.exploreImage()
  await ready(lab)
  lab.explorer.moveTo(99_999)
  expect(state(lab).cursor).toBe(4095)
  lab.explorer.moveTo(-1)
  expect(state(lab).cursor).toBe(0)
  lab.explorer.select(6)
  expect(state(lab)).toMatchObject({ cursor: 1536, selected: 6 })
  await vi.waitFor(() => expect(state(lab).origin?.offset).toBe(1536))
})

test('bytes arrive from the image; when that has become another one it is looked at anew', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  lab.commands.exploreImage()
  await ready(lab)
  const before = state(lab).image
  before?.cache.want(0, 4096)
  await vi.waitFor(() => expect(before?.cache.byte(300)).toBe(300 & 0xff))
  services.images.version = 2
  lab.explorer.moveTo(5)
  await vi.waitFor(() => expect(state(lab).image?.version).toBe('2'), 3000)
  expect(inspections(services)).toBe(2)
  await vi.waitFor(() => expect(state(lab).origin?.offset).toBe(5))
})

test('to offsets, symbols from place to place, files; and told when there is nothing', async () => {
  const lab = await labWithProject(createFakeServices())
  lab.commands.exploreImage()
  await ready(lab)
  await lab.explorer.goTo('0x10')
  expect(state(lab).cursor).toBe(16)
  for (const cursor of [1024, 3000, 1024]) {
    await lab.explorer.goTo('main')
    expect(state(lab).cursor).toBe(cursor)
  }
  await lab.explorer.goTo('kernel')
  expect(state(lab)).toMatchObject({ cursor: 1024, search: { text: 'kernel', at: 0 } })
  await lab.explorer.goTo('0x1000')
  expect(state(lab)).toMatchObject({ cursor: 1024, search: { failure: { what: 'The last byte is at 0xfff.' } } })
  await lab.explorer.goTo('nothing')
  expect(state(lab)).toMatchObject({ cursor: 1024, search: { failure: { what: 'Not there.' } } })
})

test('a file that the system opened is looked at in its own right, and a project’s image after it', async () => {
  const services = createFakeServices()
  const lab = await labWithProject(services)
  await vi.waitFor(() => expect(services.system.open).toBeDefined())
  services.system.open?.({ kind: 'image', path: '/images/disk.img' })
  await vi.waitFor(() => expect(services.log).toContain('boot /images/disk.img'))
  lab.commands.exploreImage()
  await ready(lab)
  expect(state(lab)).toMatchObject({ source: { type: 'file', path: '/images/disk.img' }, image: { path: '/images/disk.img' } })
  await lab.openProject(DIRECTORY)
  lab.commands.exploreImage()
  await vi.waitFor(() => expect(state(lab)).toMatchObject({ status: 'ready', source: { type: 'project' } }))
})
