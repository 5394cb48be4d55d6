/**
 * Faults of a job: each ends with its own sentence, and with the drive in the condition that is told. The faults are put between the job and a medium in
 * memory, since a kernel here cannot produce them (a drive pulled out, an error that only a flush reports); tests/desktop/flash-faults.test.ts makes on
 * loop devices those that it can.
 */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Drive } from '../../../shared/drives'
import { LabError } from '../../../shared/failure'
import { runJob, type DriveSystem } from './job'
import type { DriveCondition } from '../../../shared/usb'
import type { FlashEvent, WriteRequest } from './protocol'
import { holds, Medium, OLD, startIsBlank } from './test-medium'

const MIB = 1 << 20
const IMAGE = randomBytes(20 * MIB)
const REQUEST: WriteRequest = { task: 'image', image: '/tmp/disk.img', drive: '/dev/sdb', identity: 'diskseq 1|x', confirmed: true, verify: true, keep: [] }
const STICK: Drive = { path: '/dev/sdb', name: 'Stick', bytes: 32 * MIB, sectorBytes: 512, bus: 'usb', removable: true, readOnly: false, identity: 'diskseq 1|x', volumes: [] }

/** A computer with one drive, the stick; `change` brings in what goes wrong. */
function computer(medium: Medium, drive: Partial<Drive> = {}): DriveSystem {
  return {
    platform: 'linux',
    list: async () => ({ drives: [{ ...STICK, ...drive }], mountPoints: [], swapFiles: [] }),
    openImage: async () => {
      let place = 0
      return {
        bytes: IMAGE.length,
        read: async (into) => {
          const part = IMAGE.subarray(place, place + into.length)
          into.set(part)
          place += part.length
          return part.length
        },
        close: async () => {},
      }
    },
    unmount: async () => {},
    open: async () => medium,
    sameMedium: async () => {},
    release: async () => false,
  }
}

interface Fault {
  /** Makes it happen. */
  change: (medium: Medium, system: DriveSystem, stop: AbortController) => void
  drive?: Partial<Drive>
  request?: Partial<WriteRequest>
  code: string
  says: RegExp
  condition: DriveCondition
}

const failing = (code: string, message = 'failed') => async (): Promise<never> => {
  throw Object.assign(new Error(message), { code })
}
const gone = failing('x')
const lost = new LabError({ code: 'gone', what: 'The drive was taken out while it was written.' })

const FAULTS: Record<string, Fault> = {
  'a device that is too small': { change: () => {}, drive: { bytes: 19 * MIB }, code: 'refused', says: /too small/, condition: 'unchanged' },
  'a device that says it is read-only': { change: () => {}, drive: { readOnly: true }, code: 'refused', says: /write-protected/, condition: 'unchanged' },
  'a device that refuses the first write': { change: (medium) => (medium.faults.readOnly = true), code: 'write-protected', says: /write-protected[^]*refused the first write/, condition: 'unchanged' },
  'a file system that cannot be unmounted': { change: (_, system) => (system.unmount = async () => { throw new LabError({ code: 'busy', what: '/media/x cannot be unmounted.' }) }), code: 'busy', says: /cannot be unmounted/, condition: 'unchanged' },
  'a device that another program holds': { change: (_, system) => (system.open = failing('EBUSY')), code: 'busy', says: /in use by another program/, condition: 'unchanged' },
  'no permission': { change: (_, system) => (system.open = failing('EACCES')), code: 'no-permission', says: /administrator/, condition: 'unchanged' },
  'another medium in its place': { change: () => {}, drive: { identity: 'diskseq 2|x' }, code: 'drive-changed', says: /another drive than the one you chose/, condition: 'unchanged' },
  'a drive that is gone before it is written': { change: (_, system) => (system.list = async () => ({ drives: [], mountPoints: [], swapFiles: [] })), code: 'not-found', says: /gone[^]*unplugged after/, condition: 'unchanged' },
  'an image that is gone': { change: (_, system) => (system.openImage = failing('ENOENT')), code: 'not-found', says: /image is not there/, condition: 'unchanged' },
  'a device that shrinks to 10 MiB': { change: (medium) => (medium.faults.endsAt = 10 * MIB), drive: {}, code: 'too-small', says: /ended before the image did/, condition: 'blank' },
  'a device that is full by its own words': { change: (medium) => (medium.faults.failWrite = { at: 4, code: 'ENOSPC' }), code: 'too-small', says: /ended before/, condition: 'blank' },
  'a device that vanishes (ENODEV)': { change: (medium) => (medium.faults.failWrite = { at: 4, code: 'ENODEV' }), code: 'gone', says: /vanished/, condition: 'blank' },
  'a device that vanishes (EIO, and is not there any more)': {
    change: (medium, system) => {
      medium.faults.failWrite = { at: 4, code: 'EIO' }
      system.sameMedium = async () => { if (medium.writes.length >= 4) throw lost }
    },
    code: 'gone', says: /taken out while/, condition: 'blank',
  },
  'a device that vanishes while it is read back': { change: (medium, system) => (medium.read = async () => { system.sameMedium = async () => { throw lost }; return gone() }), code: 'gone', says: /taken out while/, condition: 'blank' },
  'a medium that fails': { change: (medium) => (medium.faults.failWrite = { at: 3, code: 'EIO' }), code: 'medium', says: /could not keep/, condition: 'blank' },
  'a device that says only at the flush that it lost what it took': { change: (medium) => (medium.faults.failFlush = 1), code: 'medium', says: /could not keep/, condition: 'blank' },
  'the same at the last flush': { change: (medium) => (medium.faults.failFlush = 2), code: 'medium', says: /could not keep/, condition: 'unverified' },
  'a byte that comes back wrong': { change: (medium) => (medium.faults.flipsAt = 13 * MIB + 5), code: 'verify', says: /other bytes than were written, from byte 13631488 on/, condition: 'blank' },
  'a byte of the first sectors that comes back wrong': { change: (medium) => (medium.faults.flipsAt = 5), code: 'verify', says: /other bytes than were written, from byte 0 on/, condition: 'wrong' },
  'a medium that is changed in the middle': { change: (medium, system) => (system.sameMedium = async () => { if (medium.writes.length >= 3) throw lost }), code: 'gone', says: /taken out/, condition: 'blank' },
  'an image that shrinks meanwhile': { change: (_, system) => { const open = system.openImage; system.openImage = async (...args) => ({ ...(await open(...args)), bytes: IMAGE.length + 512 }) }, code: 'internal', says: /shorter than it said/, condition: 'blank' },
}

async function run(fault: Fault, onEvent?: (event: FlashEvent, stop: AbortController) => void): Promise<{ medium: Medium; last: FlashEvent | undefined }> {
  const medium = new Medium(32 * MIB)
  const system = computer(medium, fault.drive)
  const stop = new AbortController()
  fault.change(medium, system, stop)
  let last: FlashEvent | undefined
  const tell = (event: FlashEvent): void => {
    last = event
    onEvent?.(event, stop)
  }
  await runJob({ ...REQUEST, ...fault.request } as WriteRequest, system, tell, stop.signal)
  return { medium, last }
}

/** Whether the medium is as the condition says. */
const AS_TOLD: Readonly<Record<DriveCondition, (medium: Medium) => boolean>> = {
  unchanged: ({ bytes }) => holds(bytes, OLD),
  blank: startIsBlank,
  unverified: ({ bytes }) => Buffer.compare(bytes.subarray(0, IMAGE.length), IMAGE) === 0,
  wrong: ({ bytes }) => Buffer.compare(bytes.subarray(0, MIB), IMAGE.subarray(0, MIB)) === 0,
}

describe('faults', () => {
  test.each(Object.entries(FAULTS))('%s', async (_, fault) => {
    const { medium, last } = await run(fault)
    expect(last).toMatchObject({ type: 'failed', condition: fault.condition, failure: { code: fault.code } })
    if (last?.type === 'failed') expect(new LabError(last.failure).message).toMatch(fault.says)
    expect(AS_TOLD[fault.condition](medium)).toBe(true)
  })

  test('none: the image, and nothing to tell', async () => {
    const { medium, last } = await run({ change: () => {}, code: '', says: /x/, condition: 'unchanged' })
    expect(last).toMatchObject({ type: 'done', bytes: IMAGE.length, verified: true })
    expect(AS_TOLD.unverified(medium)).toBe(true)
  })
})

describe('cancelled', () => {
  const CANCELLED: Omit<Fault, 'condition'> = { change: () => {}, code: 'cancelled', says: /cancelled/ }

  test.each([
    ['before anything is written', 'checking', 0, 'unchanged'],
    ['at 0 percent', 'writing', 0, 'blank'],
    ['at 37 percent', 'writing', 0.37, 'blank'],
    ['at 99 percent', 'writing', 0.94, 'blank'],
    ['while it is read back', 'verifying', 0.5, 'blank'],
  ] as const)('%s', async (_, phase, share, condition) => {
    const { medium, last } = await run({ ...CANCELLED, condition }, (event, stop) => {
      if (event.type === 'progress' && event.phase === phase && (event.total === 0 || event.done / event.total >= share)) stop.abort()
    })
    expect(last).toMatchObject({ type: 'failed', condition, failure: { code: 'cancelled' } })
    expect(AS_TOLD[condition](medium)).toBe(true)
  })
})
