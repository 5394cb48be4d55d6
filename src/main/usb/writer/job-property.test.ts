/**
 * Whatever drives there are and in whatever order things happen: no write reaches a medium that is not the chosen one, or that the policy refuses.
 * The world changes at random between any two steps of the job: media are pulled out, put in, exchanged; file systems are mounted and unmounted.
 */
import { describe, expect, test } from 'vitest'
import type { Drive, Volume } from '../../../shared/drives'
import { judgeDrive } from '../policy'
import { runJob, type DriveSystem } from './job'
import type { FlashEvent, WriteRequest } from './protocol'

const IMAGE_BYTES = 9 << 20
const PATH = '/dev/sdb'
const JOBS = 1000

/** A medium that once was put in: its drive as it is then listed, and what was written to it. */
interface Inserted {
  drive: Drive
  /** Opened for one program alone: as long, no file system of it can be mounted (open(2), O_EXCL). */
  taken: boolean
  writes: { allowed: boolean; chosen: boolean }[]
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const POINTS = ['/', '/home', '/boot', '/media/ada/STICK', '/mnt/x', '/run/live/medium', '/var', '/srv/data']
const KEEP = [{ path: '/home/ada/kernel', what: 'The project' }, { path: '/media/ada/STICK/disk.img', what: 'The image' }]

class World {
  readonly all: Inserted[] = []
  present: Inserted | undefined
  readonly #random: () => number
  /** Media are numbered (Linux), or told apart by what they say of themselves only (macOS, Windows). */
  readonly #numbered: boolean

  constructor(seed: number) {
    this.#random = randomOf(seed)
    this.#numbered = this.chance(0.7)
    this.insert()
  }

  chance(probability: number): boolean {
    return this.#random() < probability
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)]
  }

  #volumes(depth = 0): Volume[] {
    return Array.from({ length: Math.floor(this.#random() * 3) }, (_, index) => ({
      path: `${PATH}${depth}${index}`,
      kind: 'partition',
      bytes: 1e9,
      fileSystem: this.chance(0.5) ? 'ext4' : undefined,
      mountPoints: this.chance(0.2) ? [this.#pick(POINTS) ?? '/'] : [],
      swap: this.chance(0.05),
      system: this.chance(0.05),
      volumes: depth < 3 && this.chance(0.3) ? this.#volumes(depth + 1) : [],
    }))
  }

  insert(): void {
    // Of some makers' sticks all say the same of themselves.
    const identity = this.#numbered ? `diskseq ${this.all.length + 1}|x` : `serial ${Math.floor(this.#random() * 3)}`
    const drive: Drive = { path: PATH, name: 'Stick', bytes: this.chance(0.1) ? 1 << 20 : 16 << 20, sectorBytes: 512, bus: 'usb', removable: this.chance(0.8), readOnly: this.chance(0.1), identity, reserved: this.chance(0.05) ? 'It belongs to others.' : undefined, volumes: this.#volumes() }
    this.present = { drive, taken: false, writes: [] }
    this.all.push(this.present)
  }

  /** Something may happen. */
  pass(): void {
    if (this.chance(0.03)) this.present = undefined
    if (this.chance(0.03)) this.insert()
    if (this.present && !this.present.taken && this.chance(0.03)) this.present.drive = { ...this.present.drive, volumes: this.#volumes() }
  }

  verdict(drive: Drive): string {
    return judgeDrive(drive, { system: 'linux', neededBytes: IMAGE_BYTES, mountPoints: POINTS, keep: KEEP }).verdict
  }
}

/** What the system says of a device whose medium is gone. */
const gone = (): Error => Object.assign(new Error('no such device'), { code: 'ENODEV' })

function systemOf(world: World, unmounts: boolean, chosen: string): DriveSystem {
  return {
    platform: 'linux',
    list: async () => {
      world.pass()
      return { drives: world.present ? [structuredClone(world.present.drive)] : [], mountPoints: POINTS, swapFiles: [] }
    },
    openImage: async () => {
      let rest = IMAGE_BYTES
      return {
        bytes: IMAGE_BYTES,
        read: async (into) => {
          const length = Math.min(rest, into.length)
          into.fill(1, 0, length)
          rest -= length
          return length
        },
        close: async () => {},
      }
    },
    unmount: async () => {
      world.pass()
      if (!unmounts) throw Object.assign(new Error('busy'), { code: 'EBUSY' })
      const empty = (volumes: Volume[]): Volume[] => volumes.map((volume) => ({ ...volume, mountPoints: [], volumes: empty(volume.volumes) }))
      if (world.present && world.verdict(world.present.drive) !== 'refused') world.present.drive = { ...world.present.drive, volumes: empty(world.present.drive.volumes) }
    },
    // What is opened is a medium, not a place: when that is pulled out, the handle leads nowhere.
    open: async () => {
      world.pass()
      const opened = world.present
      if (!opened) throw gone()
      opened.taken = true
      return {
        write: async () => {
          if (world.present !== opened) throw gone()
          opened.writes.push({ chosen: opened.drive.identity === chosen, allowed: world.verdict(opened.drive) !== 'refused' })
          world.pass()
        },
        read: async (into) => void into.fill(1),
        flush: async () => world.pass(),
        close: async () => {},
      }
    },
    sameMedium: async ({ identity }) => {
      world.pass()
      if (world.present?.drive.identity !== identity) throw gone()
    },
    release: async () => false,
  }
}

describe('no order of events', () => {
  test(`of ${JOBS} at random leads to a write on another drive than the chosen one, or on one that is refused`, async () => {
    let [done, failed, writes, exchanged] = [0, 0, 0, 0]
    for (let seed = 1; seed <= JOBS; seed++) {
      const world = new World(seed)
      const chosen = world.present?.drive.identity ?? ''
      for (let steps = 0; steps < 3; steps++) world.pass()
      const request: WriteRequest = { task: 'image', image: '/tmp/x.img', drive: PATH, identity: chosen, confirmed: world.chance(0.9), verify: world.chance(0.5), keep: KEEP }
      let last: FlashEvent | undefined
      await runJob(request, systemOf(world, world.chance(0.9), chosen), (event) => (last = event), new AbortController().signal)
      for (const [index, medium] of world.all.entries()) {
        if (index > 0) exchanged++
        for (const write of medium.writes) {
          writes++
          expect({ seed, ...write }).toEqual({ seed, chosen: true, allowed: true })
        }
      }
      if (last?.type === 'done') done++
      else {
        failed++
        expect(last).toMatchObject({ type: 'failed' })
        if (last?.type === 'failed' && last.condition === 'unchanged') expect(world.all.every((medium) => medium.writes.length === 0)).toBe(true)
      }
    }
    // The world was neither too kind nor too hostile to show anything.
    expect(Math.min(done, failed)).toBeGreaterThan(JOBS / 20)
    expect(exchanged).toBeGreaterThan(JOBS / 10)
    expect(writes).toBeGreaterThan(JOBS / 2)
  })
})
