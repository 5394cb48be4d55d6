/** Services for tests of writing to drives: the test plugs drives in, and ends what was begun. */
import type { Handlers } from '../../shared/channel'
import { LabError } from '../../shared/failure'
import type { ExamineEnd, JudgedDrive, RestoreEnd, usbCalls, usbStreams, WriteEnd, WriteProgress } from '../../shared/usb'

export const IMAGE_BYTES = 4 << 20
const SHA = 'ab'.repeat(32)

export function drive(path: string, more: Partial<JudgedDrive> = {}): JudgedDrive {
  return { path, name: 'SanDisk Ultra', bytes: 16e9, sectorBytes: 512, bus: 'usb', removable: true, readOnly: false, identity: `1|${path}`, volumes: [], verdict: 'allowed', reasons: [], ...more }
}

export const written = { ok: true, sha256: SHA, bytes: IMAGE_BYTES, verified: true, ejected: true } satisfies WriteEnd

const image: ExamineEnd = { type: 'image', image: { path: '/projects/demo/build/demo.img', name: 'demo.img', bytes: IMAGE_BYTES, sha256: SHA, layout: [{ kind: 'partition', label: 'Partition 1', start: 0, bytes: IMAGE_BYTES }], remarks: [] } }

interface Script {
  canFlash: boolean
  /** What every image turns out to be. */
  examined: ExamineEnd | LabError
  /** The drives that are plugged in from now on. */
  plug(...now: JudgedDrive[]): void
  /** What the lists now open were asked to be judged for. */
  watched(): number[]
  /** Of the write or restore that is going on. */
  progress(progress: WriteProgress): void
  end(end: WriteEnd | RestoreEnd): void
}

export function createFakeUsb(log: string[]) {
  let drives: JudgedDrive[] = []
  const watchers = new Set<{ neededBytes: number; tell: () => void }>()
  const fake: Script = {
    canFlash: true,
    examined: image,
    plug(...now) {
      drives = now
      for (const { tell } of watchers) tell()
    },
    watched: () => [...watchers].map(({ neededBytes }) => neededBytes),
    progress: () => undefined,
    end: () => undefined,
  }

  const calls: Pick<Handlers['calls'], keyof typeof usbCalls> = {
    'app.pickFile': async () => '/images/picked.img',
    'app.pickSavePath': async () => null,
    'drives.stop': async ({ job }) => {
      log.push('stop')
      if (job === running) fake.end({ ok: false, condition: 'blank', failure: { code: 'cancelled', what: 'Writing was cancelled.' } })
      return null
    },
  }
  let running: string | undefined
  const streams: Pick<Handlers['streams'], keyof typeof usbStreams> = {
    'drives.watch': ({ neededBytes }, { emit, signal }) =>
      new Promise((resolve) => {
        const watcher = { neededBytes, tell: () => emit({ type: 'drives', drives }) }
        watchers.add(watcher)
        watcher.tell()
        signal.addEventListener('abort', () => {
          watchers.delete(watcher)
          resolve(null)
        })
      }),
    'images.examine': async ({ source }, { emit }) => {
      log.push(`examine ${source.type === 'file' ? source.path : source.directory}`)
      emit({ phase: 'reading', done: 1, total: 2 })
      if (fake.examined instanceof LabError) throw fake.examined
      return fake.examined
    },
    'drives.write': ({ job, drive: path, identity, typedName, verify }, { emit, signal }) =>
      new Promise((resolve, reject) => {
        log.push(['write', path, identity, typedName ?? 'no name', verify ? 'verify' : 'no verify'].join(' '))
        running = job
        fake.progress = emit
        fake.end = (end) => {
          if (!end.ok || 'sha256' in end) resolve(end)
        }
        signal.addEventListener('abort', () => reject(new LabError({ code: 'cancelled', what: 'Cancelled.' })))
      }),
    'drives.restore': ({ job, drive: path, fileSystem, label }, { emit }) =>
      new Promise((resolve) => {
        log.push(['restore', path, fileSystem, label].join(' '))
        running = job
        fake.progress = emit
        fake.end = (end) => {
          if (!end.ok || 'fileSystem' in end) resolve(end)
        }
      }),
    'images.save': async ({ to }) => ({ path: to, sha256: SHA, bytes: IMAGE_BYTES, fileBytes: IMAGE_BYTES }),
  }
  return { fake, calls, streams }
}
