/** Whatever happens around a job, it writes only to the drive that was chosen and may be written. */
import { describe, expect, test } from 'vitest'
import type { Drive, Volume } from '../../../shared/drives'
import { judgeDrive } from '../policy'
import { runJob, type DriveSystem } from './job'
import type { FlashEvent, WriteRequest } from './protocol'

const IMAGE_BYTES = 3 << 20

const volume = (mountPoints: string[], rest: Partial<Volume> = {}): Volume => ({ path: '/dev/sdb1', kind: 'partition', bytes: 1e9, mountPoints, swap: false, system: false, volumes: [], ...rest })
const drive = (rest: Partial<Drive> = {}): Drive => ({ path: '/dev/sdb', name: 'Stick', bytes: 16e9, sectorBytes: 512, bus: 'usb', removable: true, readOnly: false, identity: 'diskseq 1|x', volumes: [], ...rest })

/** What may be plugged in at a path, at one moment. */
const STATES: (Drive | undefined)[] = [
  drive(),
  drive({ identity: 'diskseq 2|x' }),
  drive({ volumes: [volume(['/'])] }),
  drive({ volumes: [volume(['/home'])] }),
  drive({ volumes: [volume([], { swap: true })] }),
  drive({ volumes: [volume(['/media/x'])] }),
  drive({ readOnly: true }),
  drive({ bytes: 1 << 20 }),
  drive({ reserved: 'It belongs to others.' }),
  undefined,
]

interface World {
  /** What is there at each look of the job; the last stays. */
  looks: (Drive | undefined)[]
  unmounts: boolean
  /** Before this write the medium is changed. */
  swappedAtWrite?: number
}

/** A system whose drives change behind the job's back. Notes at what every write was aimed. */
function systemOf({ looks, unmounts, swappedAtWrite }: World): { system: DriveSystem; written: { identity: string; at: Drive | undefined }[] } {
  const written: { identity: string; at: Drive | undefined }[] = []
  let look = 0
  let writes = 0
  const now = (): Drive | undefined => looks[Math.min(look, looks.length - 1)]
  let opened: Drive | undefined
  return {
    written,
    system: {
      platform: 'linux',
      list: async () => {
        const there = now()
        look++
        return { drives: there ? [there] : [], mountPoints: there?.volumes.flatMap(({ mountPoints }) => mountPoints) ?? [], swapFiles: [] }
      },
      openImage: async () => {
        let rest = IMAGE_BYTES
        return {
          bytes: IMAGE_BYTES,
          read: async (into) => {
            const length = Math.min(rest, into.length)
            rest -= length
            return length
          },
          close: async () => {},
        }
      },
      unmount: async () => {
        if (!unmounts) throw Object.assign(new Error('busy'), { code: 'EBUSY' })
      },
      open: async () => {
        opened = looks[Math.min(look, looks.length - 1)]
        return {
          write: async () => void written.push({ identity: opened?.identity ?? 'none', at: opened }),
          read: async (into) => void into.fill(0),
          flush: async () => {},
          close: async () => {},
        }
      },
      sameMedium: async () => {
        if (writes++ === swappedAtWrite) throw new Error('another medium')
      },
      release: async () => true,
    },
  }
}

const REQUEST: WriteRequest = { task: 'image', image: '/tmp/disk.img', drive: '/dev/sdb', identity: 'diskseq 1|x', confirmed: true, verify: true, keep: [{ path: '/home/ada', what: 'Home' }] }

async function run(world: World, request: { confirmed?: boolean } = {}): Promise<{ events: FlashEvent[]; written: { identity: string; at: Drive | undefined }[] }> {
  const { system, written } = systemOf(world)
  const events: FlashEvent[] = []
  await runJob({ ...REQUEST, ...request }, system, (event) => events.push(event), new AbortController().signal)
  return { events, written }
}

describe('a job', () => {
  test('writes an empty stick, and says that it is done', async () => {
    const { events, written } = await run({ looks: [drive()], unmounts: true })
    expect(events.at(-1)).toMatchObject({ type: 'done', bytes: IMAGE_BYTES, verified: true, ejected: true })
    expect(written.length).toBeGreaterThan(2)
  })

  test('never writes to a drive that is not the chosen one, or that the policy refuses: all orders of events', async () => {
    let jobs = 0
    let done = 0
    for (const first of STATES)
      for (const second of STATES)
        for (const third of STATES)
          for (const unmounts of [true, false])
            for (const confirmed of [true, false]) {
              const world = { looks: [first, second, third], unmounts }
              const { events, written } = await run(world, { confirmed })
              jobs++
              // The looks: before unmounting, after opening. What was opened is what was there at the second look.
              for (const { at, identity } of written) {
                expect(identity).toBe(REQUEST.identity)
                expect(at && judgeDrive(at, { system: 'linux', neededBytes: IMAGE_BYTES, mountPoints: at.volumes.flatMap(({ mountPoints }) => mountPoints), keep: REQUEST.keep }).verdict).not.toBe('refused')
                expect(unmounts).toBe(true)
              }
              const last = events.at(-1)
              if (last?.type === 'done') done++
              else expect(last).toMatchObject({ type: 'failed', condition: written.length === 0 ? 'unchanged' : expect.anything() })
              if (written.length > 0) expect(first?.identity).toBe(REQUEST.identity)
            }
    expect(jobs).toBe(4000)
    expect(done).toBeGreaterThan(20)
  })

  test.each([0, 1, 2])('stops before write %i when the medium was changed', async (swappedAtWrite) => {
    const { events, written } = await run({ looks: [drive()], unmounts: true, swappedAtWrite })
    expect(written).toHaveLength(swappedAtWrite)
    expect(events.at(-1)).toMatchObject({ type: 'failed', condition: swappedAtWrite === 0 ? 'unchanged' : 'blank' })
  })

  test('a file system that is mounted again in between', async () => {
    const { events, written } = await run({ looks: [drive({ volumes: [volume(['/media/x'])] })], unmounts: true })
    expect(events.at(-1)).toMatchObject({ type: 'failed', failure: { code: 'busy' }, condition: 'unchanged' })
    expect(written).toEqual([])
  })
})
