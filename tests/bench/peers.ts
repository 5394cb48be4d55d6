/**
 * The machines that Bootlab's is measured against, in the same run: QEMU's translator (`-accel tcg`) and v86 from npm. Each boots a disk image and reports the bytes that the guest sends to COM1 as they come.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { BootMedium } from '../../src/shared/machine-schemas'
import { findTool } from '../support/tools'

const V86_LOOK_MS = 50

/** Boots an image; resolves when the machine was stopped. `onByte` returns false to stop it. */
export type BootForBytes = (imagePath: string, onByte: (byte: number) => boolean) => Promise<void>

export interface Peer {
  readonly name: string
  /** It has no 64-bit mode. */
  readonly only32: boolean
  readonly boot: BootForBytes
}

const FIRMWARE = ['/usr/share/seabios/bios.bin', '/usr/share/seabios/vgabios-stdvga.bin'] as const

/** The peers that can run here, and a sentence for each that can't. */
export function findPeers(): { peers: Peer[]; missing: string[] } {
  const peers: Peer[] = []
  const missing: string[] = []
  const qemu = findTool('qemu-system-x86_64')
  if (qemu === undefined) missing.push('QEMU: qemu-system-x86_64 is not on PATH (Debian: apt-get install qemu-system-x86)')
  else peers.push({ name: 'QEMU TCG', only32: false, boot: (image, onByte) => bootQemu(qemu, image, onByte) })
  if (FIRMWARE.every((file) => existsSync(file))) peers.push({ name: 'v86', only32: true, boot: bootV86 })
  else missing.push(`v86: needs a BIOS, ${FIRMWARE.join(' and ')} (Debian: apt-get install seabios)`)
  return { peers, missing }
}

function bootQemu(qemu: string, image: string, onByte: (byte: number) => boolean): Promise<void> {
  const args = ['-accel', 'tcg', '-m', '128', '-drive', `format=raw,file=${image},snapshot=on`, '-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot']
  return new Promise((resolve, reject) => {
    const child = spawn(qemu, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.on('error', reject)
    child.on('exit', () => resolve())
    child.stdout.on('data', (data: Buffer) => {
      for (const byte of data) if (!onByte(byte)) return void child.kill('SIGKILL')
    })
  })
}

/** The part of v86's interface that is used here. */
interface V86Machine {
  add_listener(event: 'serial0-output-byte', listener: (byte: number) => void): void
  add_listener(event: 'emulator-ready', listener: () => void): void
  readonly screen_adapter: { get_text_screen(): readonly string[] }
  keyboard_send_text(text: string): void
  destroy(): Promise<void>
}
const v86Module = z.object({ V86: z.custom<new (options: Record<string, unknown>) => V86Machine>((value) => typeof value === 'function') })

async function startV86(options: Readonly<Record<string, unknown>>): Promise<V86Machine> {
  const folder = dirname(createRequire(import.meta.url).resolve('v86/package.json'))
  const { V86 } = v86Module.parse(await import(/* @vite-ignore */ join(folder, 'build', 'libv86.mjs')))
  const [bios, vgaBios] = FIRMWARE.map((file) => ({ buffer: exactBuffer(readFileSync(file)) }))
  return new V86({ wasm_path: join(folder, 'build', 'v86.wasm'), bios, vga_bios: vgaBios, autostart: true, disable_mouse: true, disable_speaker: true, ...options })
}

/** v86's names of drives, and the one that its BIOS tries first (the CMOS cells of Bochs, as its `BootOrder` has them). */
const V86_DRIVES: Readonly<Record<BootMedium, { drive: string; order: number }>> = { floppy: { drive: 'fda', order: 0x321 }, disk: { drive: 'hda', order: 0x312 }, cd: { drive: 'cdrom', order: 0x213 } }

export interface V86Task {
  readonly image: Uint8Array
  readonly medium: BootMedium
  readonly memoryMib: number
  readonly steps: readonly { readonly afterText: string; readonly keys: string }[]
  readonly untilText: string
  /** Of the host's time. */
  readonly seconds: number
}

/** Until the text is on the screen or was sent to COM1. @returns the host's seconds; undefined: it never was */
export async function watchV86({ image, medium, memoryMib, steps, untilText, seconds }: V86Task): Promise<number | undefined> {
  const start = performance.now()
  const { drive, order } = V86_DRIVES[medium]
  const machine = await startV86({ memory_size: memoryMib << 20, [drive]: { buffer: exactBuffer(image) }, boot_order: order })
  let serial = ''
  await new Promise<void>((resolve) => machine.add_listener('emulator-ready', resolve))
  machine.add_listener('serial0-output-byte', (byte) => (serial += String.fromCharCode(byte)))
  const left = [...steps]
  try {
    while (performance.now() - start < seconds * 1000) {
      const shown = `${machine.screen_adapter.get_text_screen().join('\n')}\n${serial}`
      const [next] = left
      if (next !== undefined && shown.includes(next.afterText)) {
        left.shift()
        machine.keyboard_send_text(next.keys)
      } else if (next === undefined && shown.includes(untilText)) return (performance.now() - start) / 1000
      await sleep(V86_LOOK_MS)
    }
    return undefined
  } finally {
    await machine.destroy()
  }
}

async function bootV86(image: string, onByte: (byte: number) => boolean): Promise<void> {
  const machine = await startV86({ memory_size: 128 << 20, hda: { buffer: exactBuffer(readFileSync(image)) }, disable_keyboard: true })
  await new Promise<void>((resolve) => {
    let stopped = false
    machine.add_listener('serial0-output-byte', (byte) => {
      if (stopped || onByte(byte)) return
      stopped = true
      resolve()
    })
  })
  await machine.destroy()
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength)
  new Uint8Array(copy).set(bytes)
  return copy
}
