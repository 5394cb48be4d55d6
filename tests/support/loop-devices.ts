/** Loop devices of Linux, made and taken away by a test: drives that the kernel treats like any other. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface LoopDevices {
  /** False where this user or this computer may make none: a right, not a tool that can be installed. */
  possible: boolean
  /** For the files of the test. */
  folder: string
  /** A new device of this length, backed by a sparse file of this name in the folder. */
  make(name: string, bytes: number, ...options: string[]): string
  /** Puts another medium into a device. */
  swap(device: string, name: string, bytes: number): void
  release(): void
}

export function loopDevices(): LoopDevices {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-loop-'))
  const devices: string[] = []
  const medium = (name: string, bytes: number): string => {
    const file = join(folder, name)
    writeFileSync(file, '')
    truncateSync(file, bytes)
    return file
  }
  const attach = (name: string, bytes: number, options: readonly string[]): string | undefined => {
    const made = spawnSync('losetup', ['-f', '--show', ...options, medium(name, bytes)], { encoding: 'utf8' })
    if (made.status !== 0) return undefined
    devices.push(made.stdout.trim())
    return made.stdout.trim()
  }
  const possible = process.platform === 'linux' && attach('probe', 1 << 20, []) !== undefined
  return {
    possible,
    folder,
    make: (name, bytes, ...options) => {
      const device = attach(name, bytes, options)
      if (device === undefined) throw new Error('There is no free loop device.')
      return device
    },
    swap: (device, name, bytes) => {
      execFileSync('losetup', ['-d', device])
      execFileSync('losetup', [device, medium(name, bytes)])
    },
    release: () => {
      for (const device of devices) spawnSync('losetup', ['-d', device])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What the medium holds, past the system's cache. */
export function deviceContent(device: string, bytes: number, from = 0): Buffer {
  return execFileSync('dd', [`if=${device}`, 'iflag=direct,count_bytes,skip_bytes,fullblock', 'bs=1M', `skip=${from}`, `count=${bytes}`, 'status=none'], { maxBuffer: 1 << 30 })
}
