/**
 * Writing a drive and reading it back, beside `dd` and `cmp` on the same drive: a loop device whose file is read and written without the system's cache
 * (losetup --direct-io), as a stick has none.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { listDrives } from '../../src/main/usb'
import { locate } from '../../src/main/services/locations'
import { loopDevices } from '../support/loop-devices'

const MIB = 1 << 20
/** Length, and the speed that the drive is held to: that of a fast stick, or as fast as this computer's disk. */
const STICKS: readonly { mib: number; mibPerSecond?: number }[] = [{ mib: 64 }, { mib: 1024 }, { mib: 1024, mibPerSecond: 200 }]
/** Version 1 of control groups, block devices (Documentation/admin-guide/cgroup-v1/blkio-controller.rst). */
const BLKIO = '/sys/fs/cgroup/blkio'

export interface StickFigure {
  mib: number
  mibPerSecond?: number | undefined
  /** Milliseconds of each round, from the start of the process to its end. */
  ours: number[]
  ddAndCmp: number[]
  /** The same with dd's conv=fsync: as ours, it ends when the drive has everything. */
  flushedDdAndCmp: number[]
  /** The most memory that the writing process had at once (VmHWM). */
  memoryMib: number
}

/** Drives of a held speed are left out where this computer cannot hold one. @throws Error where no loop device can be made */
export async function measureSticks(rounds: number): Promise<StickFigure[]> {
  const devices = loopDevices()
  if (!devices.possible) throw new Error('no loop device can be made here')
  try {
    const figures: StickFigure[] = []
    for (const { mib, mibPerSecond } of STICKS) {
      if (mibPerSecond !== undefined && !existsSync(BLKIO)) continue
      const image = join(devices.folder, `image-${mib}`)
      writeFileSync(image, '')
      for (let part = 0; part < mib; part += 64) appendFileSync(image, randomBytes(64 * MIB))
      const device = devices.make(`stick-${mib}-${mibPerSecond ?? 'free'}`, (mib + 8) * MIB, '--direct-io=on')
      const letGo = mibPerSecond === undefined ? () => {} : holdTo(device, mibPerSecond * MIB)
      const figure: StickFigure = { mib, mibPerSecond, ours: [], ddAndCmp: [], flushedDdAndCmp: [], memoryMib: 0 }
      // The first round finds an image that was just written and a medium without blocks.
      for (let round = -1; round < rounds; round++) {
        const [peer, flushedPeer] = [[], ['conv=fsync']].map((more) => {
          const milliseconds = timed(() => {
            execFileSync('dd', [`if=${image}`, `of=${device}`, 'bs=4M', 'oflag=direct', 'status=none', ...more])
            execFileSync('cmp', ['-n', String(mib * MIB), image, device])
          })
          // What the one left for the system to do is not the other's.
          execFileSync('sync')
          return milliseconds
        })
        if (peer === undefined || flushedPeer === undefined) throw new RangeError('no figure')
        const { milliseconds, memoryMib } = await write(image, device)
        execFileSync('sync')
        figure.memoryMib = Math.max(figure.memoryMib, memoryMib)
        if (round < 0) continue
        figure.ours.push(milliseconds)
        figure.ddAndCmp.push(peer)
        figure.flushedDdAndCmp.push(flushedPeer)
      }
      letGo()
      figures.push(figure)
    }
    return figures
  } finally {
    devices.release()
  }
}

/** Holds this process and all that it starts to a speed, for reading and for writing; returns what ends that. */
function holdTo(device: string, bytesPerSecond: number): () => void {
  const group = join(BLKIO, `bootlab-${process.pid}`)
  mkdirSync(group)
  const number = readFileSync(join('/sys/block', basename(device), 'dev'), 'utf8').trim()
  for (const way of ['read', 'write']) writeFileSync(join(group, `blkio.throttle.${way}_bps_device`), `${number} ${bytesPerSecond}`)
  writeFileSync(join(group, 'cgroup.procs'), String(process.pid))
  return () => {
    writeFileSync(join(BLKIO, 'cgroup.procs'), String(process.pid))
    rmdirSync(group)
  }
}

function timed(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

/** The writing process, as the lab starts it. */
async function write(image: string, device: string): Promise<{ milliseconds: number; memoryMib: number }> {
  const drive = (await listDrives()).drives.find(({ path }) => path === device)
  if (!drive) throw new Error(`${device} is not listed.`)
  const started = performance.now()
  const child = spawn(process.execPath, [locate().usbWriter], { stdio: ['pipe', 'pipe', 'inherit'] })
  let memoryMib = 0
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = text
    memoryMib = Math.max(memoryMib, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  })
  child.stdin.write(`${JSON.stringify({ task: 'image', image, drive: device, identity: drive.identity, confirmed: true, verify: true, keep: [] })}\n`)
  await new Promise((resolve) => child.once('close', resolve))
  const milliseconds = performance.now() - started
  if (!output.includes('"type":"done"')) throw new Error(`Writing failed: ${output}`)
  return { milliseconds, memoryMib }
}
