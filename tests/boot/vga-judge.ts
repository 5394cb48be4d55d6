/** Runs a drawing program here and in QEMU, and takes a picture of every scene. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { type BackendName, Machine } from '../../src/main/emulator/machine/machine'
import { screenPng } from '../../src/main/emulator/machine/picture'
import type { Screen } from '../../src/shared/machine-schemas'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { Monitor, readPicture, type Picture } from '../support/qemu'

const SLICE_TICKS = 200_000
const MOST_TICKS = 100_000_000
const POLL_MS = 10
const LIMIT_MS = 80_000

/** What is shown after each scene. */
export function scenesHere(image: Uint8Array, count: number, backend: BackendName = DEFAULT_BACKEND): Screen[] {
  let shown = 0
  const machine = new Machine({ image, memoryBytes: 16 << 20, backend, startDate: 0, onSerial: () => undefined, onDebugConsole: () => void shown++ })
  return Array.from({ length: count }, (_, scene) => {
    for (const end = machine.now + MOST_TICKS; shown <= scene; ) {
      const outcome = machine.run(SLICE_TICKS)
      if (outcome || machine.now > end) throw new Error(`Scene ${scene} does not come to its end: ${JSON.stringify(outcome)}.`)
    }
    const { screen } = machine
    machine.kbc.keyboard.key('Space', true)
    machine.kbc.keyboard.key('Space', false)
    return screen
  })
}

/** Pixels as a monitor shows them. */
export function pictureOf(screen: Screen): Picture {
  const { width, height, data } = PNG.sync.read(Buffer.from(screenPng(screen)))
  const pixels = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) pixels.set(data.subarray(from, from + 3), to)
  return { width, height, pixels }
}

/** @param qemu path of the program */
export async function scenesInQemu(qemu: string, image: Uint8Array, count: number): Promise<Picture[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-vga-'))
  const [disk, debug, file] = [join(folder, 'disk.img'), join(folder, 'debug'), join(folder, 'picture.ppm')]
  writeFileSync(disk, image)
  writeFileSync(debug, '')
  const child = spawn(qemu, ['-accel', 'tcg', '-display', 'none', '-nodefaults', '-vga', 'std', '-m', '16M', '-drive', `format=raw,snapshot=on,file=${disk}`, '-debugcon', `file:${debug}`, '-qmp', 'stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.on('error', () => child.kill('SIGKILL'))
  const ended = new Promise((resolve) => child.once('close', resolve))
  const deadline = Date.now() + LIMIT_MS
  const guard = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  try {
    const monitor = new Monitor(child)
    await monitor.command('qmp_capabilities')
    const pictures: Picture[] = []
    while (pictures.length < count) {
      if (monitor.ended || Date.now() > deadline) throw new Error(`QEMU showed ${pictures.length} of ${count} scenes.`)
      if (statSync(debug).size > pictures.length) {
        await monitor.command('screendump', { filename: file })
        pictures.push(readPicture(readFileSync(file)))
        await monitor.press(['spc'])
      } else await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    return pictures
  } finally {
    clearTimeout(guard)
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Colours are compared as the palette has them, with 6 bits: the two ways to 8 bits differ in the lowest. */
const COLOUR_BITS = 2

/**
 * Where two pictures differ first; undefined: nowhere. Pixels of ours may be several of theirs, since QEMU draws doubled lines and dots as often as a
 * monitor gets them.
 */
export function difference(ours: Picture, theirs: Picture): string | undefined {
  const [across, down] = [theirs.width / ours.width, theirs.height / ours.height]
  if (!Number.isInteger(across) || !Number.isInteger(down)) return `${ours.width}×${ours.height} and ${theirs.width}×${theirs.height}`
  for (let y = 0; y < theirs.height; y++) {
    for (let x = 0; x < theirs.width; x++) {
      const [a, b] = [(Math.floor(y / down) * ours.width + Math.floor(x / across)) * 3, (y * theirs.width + x) * 3]
      for (let gun = 0; gun < 3; gun++) {
        const [one, other] = [ours.pixels[a + gun] ?? 0, theirs.pixels[b + gun] ?? 0]
        if (one >> COLOUR_BITS !== other >> COLOUR_BITS) return `pixel ${x},${y} of ${theirs.width}×${theirs.height}: ${ours.pixels.slice(a, a + 3).join(' ')} and ${theirs.pixels.slice(b, b + 3).join(' ')}`
      }
    }
  }
  return undefined
}
