import { expect, test, vi } from 'vitest'
import { createLab, type Lab } from '../../app/lab'
import { LabError } from '../../../shared/failure'
import { createFakeServices, DIRECTORY } from '../../testing/fake-services'
import { drive, IMAGE_BYTES, written } from '../../testing/fake-usb'
import { memoryStorage } from '../../testing/memory-storage'
import { named, partsAfter, partsBefore } from './picture'
import { conditionIn, mayStart, type UsbState } from './usb'

type Services = ReturnType<typeof createFakeServices>

async function startLab(services: Services): Promise<Lab> {
  const lab = createLab({ openPort: services.openPort, localStorage: memoryStorage(), sessionStorage: memoryStorage() })
  lab.connection.start()
  await vi.waitFor(() => expect(lab.projects.store.getState().view).not.toBe('starting'))
  await lab.openProject(DIRECTORY)
  return lab
}

const stateOf = (lab: Lab): UsbState => lab.usb.store.getState()
const until = (lab: Lab, want: Partial<UsbState>): Promise<void> => vi.waitFor(() => expect(stateOf(lab)).toMatchObject(want))
const paths = (lab: Lab): (string | undefined)[] => stateOf(lab).drives?.map(({ path }) => path) ?? []

/** The dialog with the image read and one drive plugged in. */
async function opened(services: Services, ...drives: Parameters<Services['usb']['plug']>): Promise<Lab> {
  services.usb.plug(...drives)
  const lab = await startLab(services)
  lab.commands.writeToUsb()
  await vi.waitFor(() => {
    expect(stateOf(lab).image.status).toBe('ready')
    expect(services.usb.watched()).toEqual([IMAGE_BYTES])
    expect(paths(lab)).toEqual(drives.map(({ path }) => path))
  })
  return lab
}

async function writing(services: Services, ...drives: Parameters<Services['usb']['plug']>): Promise<Lab> {
  const lab = await opened(services, ...drives)
  lab.usb.select('/dev/sdb')
  lab.usb.check()
  void lab.usb.start()
  await until(lab, { page: 'write' })
  await vi.waitFor(() => expect(services.log.at(-1)).toMatch(/^write/))
  return lab
}

test('the whole way, and another one', async () => {
  const services = createFakeServices()
  const lab = await writing(services, drive('/dev/sdb'))
  expect(services.log).toContain(`examine ${DIRECTORY}`)
  expect(services.log.at(-1)).toBe('write /dev/sdb 1|/dev/sdb no name verify')
  services.usb.progress({ phase: 'writing', done: 1, total: 4 })
  await until(lab, { progress: { phase: 'writing', done: 1, total: 4 } })
  // While it is written, nothing asks the drive for anything, and the dialog stays.
  expect(services.usb.watched()).toEqual([])
  lab.usb.close()
  expect(stateOf(lab).page).toBe('write')
  services.usb.end(written)
  await until(lab, { page: 'done', done: written })
  lab.usb.another()
  await until(lab, { page: 'pick', selected: undefined, drives: [drive('/dev/sdb')] })
  lab.usb.close()
  await vi.waitFor(() => expect(services.usb.watched()).toEqual([]))
})

test('nothing is chosen for the person: not at first, not when a drive comes, not when theirs goes', async () => {
  const services = createFakeServices()
  const lab = await opened(services)
  services.usb.plug(drive('/dev/sdb'))
  await vi.waitFor(() => expect(paths(lab)).toEqual(['/dev/sdb']))
  expect(stateOf(lab).selected).toBeUndefined()
  lab.usb.check()
  expect(stateOf(lab).page).toBe('pick')

  lab.usb.select('/dev/sdb')
  services.usb.plug(drive('/dev/sdc', { name: 'Other' }))
  await until(lab, { selected: undefined, lost: { name: 'SanDisk Ultra', how: 'gone', why: '' } })
  lab.usb.select('/dev/sdc')
  expect(stateOf(lab)).toMatchObject({ selected: { path: '/dev/sdc' }, lost: undefined })
})

test('on the page that asks, a drive that goes, changes or may not be written any more leads back', async () => {
  const services = createFakeServices()
  const lab = await opened(services, drive('/dev/sdb'))
  const asked = (): void => {
    lab.usb.select('/dev/sdb')
    lab.usb.check()
    expect(stateOf(lab).page).toBe('check')
  }
  asked()
  services.usb.plug(drive('/dev/sdb', { identity: 'another' }))
  await until(lab, { page: 'pick', selected: undefined, lost: { name: 'SanDisk Ultra', how: 'changed', why: '' } })
  asked()
  services.usb.plug(drive('/dev/sdb', { identity: 'another', verdict: 'refused', reasons: ['It is swap.'] }))
  await until(lab, { page: 'pick', selected: undefined, lost: { name: 'SanDisk Ultra', how: 'refused', why: 'It is swap.' } })
  lab.usb.select('/dev/sdb')
  expect(stateOf(lab).selected).toBeUndefined()
})

test('a drive that asks for its name is written only after it was typed', async () => {
  const services = createFakeServices()
  const lab = await opened(services, drive('/dev/sdb', { verdict: 'confirm', reasons: ['It has 2 partitions.'] }))
  lab.usb.select('/dev/sdb')
  lab.usb.check()
  for (const typedName of ['', 'SanDisk', 'sandisk ultra']) {
    lab.usb.store.setState({ typedName })
    expect(mayStart(stateOf(lab))).toBe(false)
  }
  await lab.usb.start()
  expect(stateOf(lab).page).toBe('check')
  lab.usb.store.setState({ typedName: ' SanDisk Ultra\n' })
  expect(mayStart(stateOf(lab))).toBe(true)
  lab.usb.setVerify(false)
  void lab.usb.start()
  await vi.waitFor(() => expect(services.log.at(-1)).toBe('write /dev/sdb 1|/dev/sdb  SanDisk Ultra\n no verify'))
  lab.ui.flush()
  await vi.waitFor(() => expect(services.ui()).toMatchObject({ 'usb.verify': false }))
})

test('cancelling tells what the drive is like; trying again asks about the same drive', async () => {
  const services = createFakeServices()
  const lab = await writing(services, drive('/dev/sdb'))
  lab.usb.stop()
  lab.usb.stop()
  await until(lab, { page: 'error', stopping: true })
  expect(stateOf(lab).failed).toMatchObject({ condition: 'blank', failure: { code: 'cancelled' } })
  expect(services.log.filter((line) => line === 'stop')).toHaveLength(1)
  lab.usb.tryAgain()
  expect(mayStart(stateOf(lab))).toBe(false)
  await until(lab, { page: 'check', selected: drive('/dev/sdb'), drives: [drive('/dev/sdb')] })
  expect(mayStart(stateOf(lab))).toBe(true)
})

test('trying again with another drive in its place leads to the choice', async () => {
  const services = createFakeServices()
  const lab = await writing(services, drive('/dev/sdb'))
  services.usb.end({ ok: false, condition: 'unchanged', failure: { code: 'gone', what: 'Gone.' } })
  await until(lab, { page: 'error' })
  services.usb.plug(drive('/dev/sdb', { identity: 'another' }))
  lab.usb.tryAgain()
  await until(lab, { page: 'pick', selected: undefined, lost: { name: 'SanDisk Ultra', how: 'changed', why: '' } })
})

test('when the lab goes away, the drive is told to be as far as it came', async () => {
  const services = createFakeServices()
  const lab = await writing(services, drive('/dev/sdb'))
  services.usb.progress({ phase: 'writing', done: 1, total: 4 })
  await vi.waitFor(() => expect(stateOf(lab).progress).toBeDefined())
  services.cut()
  await vi.waitFor(() => expect(stateOf(lab)).toMatchObject({ page: 'error', failed: { condition: 'blank', failure: { code: 'disconnected' } } }))
})

test('after a dropped connection the list is read again', async () => {
  const services = createFakeServices()
  const lab = await opened(services, drive('/dev/sdb'))
  services.cut()
  await vi.waitFor(() => expect(lab.connection.store.getState().status).toBe('connected'), 3000)
  services.usb.plug(drive('/dev/sdc'))
  await vi.waitFor(() => expect(paths(lab)).toEqual(['/dev/sdc']))
})

test('a project that does not build, and an image that cannot be read, are told', async () => {
  const services = createFakeServices()
  const problem = { severity: 'error', source: 'compiler', message: 'expected ;' } as const
  services.usb.examined = { type: 'not-built', problems: [problem] }
  const lab = await startLab(services)
  lab.commands.writeToUsb()
  await until(lab, { image: { status: 'not-built', problems: [problem] } })
  services.usb.examined = new LabError({ code: 'not-found', what: 'There is no such file.' })
  lab.usb.chooseFrom('file', '/images/x.img')
  await until(lab, { image: { status: 'failed', failure: { code: 'not-found', what: 'There is no such file.' } } })
  expect(services.log.at(-1)).toBe('examine /images/x.img')
  lab.usb.chooseFrom('file', '')
  await until(lab, { image: { status: 'none' } })
})

test('a drive is made normal again, whatever the image', async () => {
  const services = createFakeServices()
  const lab = await opened(services, drive('/dev/sdb'))
  lab.usb.toPick('restore')
  await vi.waitFor(() => expect(services.usb.watched()).toEqual([1]))
  await until(lab, { page: 'restore', drives: [drive('/dev/sdb')] })
  lab.usb.select('/dev/sdb')
  lab.usb.store.setState({ fileSystem: 'exfat', label: 'STICK' })
  lab.usb.check()
  void lab.usb.start()
  await vi.waitFor(() => expect(services.log.at(-1)).toBe('restore /dev/sdb exfat STICK'))
  services.usb.end({ ok: true, fileSystem: 'exFAT', label: 'STICK', verified: true, ejected: true })
  await until(lab, { page: 'done', done: { ok: true, fileSystem: 'exFAT', label: 'STICK', verified: true, ejected: true } })
})

test('where writing is off, the dialog explains, and asks for no drives', async () => {
  const services = createFakeServices()
  services.usb.canFlash = false
  const lab = await startLab(services)
  lab.commands.writeToUsb()
  await vi.waitFor(() => expect(stateOf(lab)).toMatchObject({ page: 'off', image: { status: 'ready' } }))
  expect(services.usb.watched()).toEqual([])
})

test('what breaking off leaves', () => {
  expect(conditionIn(undefined)).toBe('unchanged')
  expect(conditionIn({ phase: 'unmounting', done: 0, total: 0 })).toBe('unchanged')
  expect(conditionIn({ phase: 'erasing', done: 0, total: 0 })).toBe('blank')
  expect(conditionIn({ phase: 'writing', done: 3, total: 4 })).toBe('blank')
  expect(conditionIn({ phase: 'verifying', done: 3, total: 4 })).toBe('unverified')
})

test('the pictures hold all of the drive, and words only for what matters', () => {
  const stick = drive('/dev/sdb', { bytes: 100, volumes: [{ path: '/dev/sdb1', kind: 'partition', label: 'DATA', fileSystem: 'vfat', bytes: 60, mountPoints: [], swap: false, system: false, volumes: [] }] })
  expect(partsBefore(stick)).toEqual([
    { kind: 'partition', label: 'vfat “DATA”', bytes: 60 },
    { kind: 'gap', label: 'Not used', bytes: 40 },
  ])
  const after = partsAfter([{ kind: 'table', label: 'MBR', start: 0, bytes: 1 }, { kind: 'gap', label: 'Unused', start: 1, bytes: 0.5 }, { kind: 'partition', label: 'P', start: 1.5, bytes: 8.5 }], 100)
  expect(after.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(100)
  expect(named(after).map(({ label }) => label)).toEqual(['MBR', 'P', 'Not used by the image'])
})
