/**
 * Boots every image of a folder in our PC and in QEMU, lets both run for a while, and says whether the screens are the same: for images of which nobody
 * has written down what they show.
 *   node scripts/run.mjs tests/judges/boots-here/same-screen.ts FOLDER [seconds] [part of a name …]
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mediumOf } from '../../../src/main/emulator/machine/disk'
import { screenPng } from '../../../src/main/emulator/machine/picture'
import { contentOf } from '../../../src/main/emulator/machine/image-content'
import type { BootMedium } from '../../../src/shared/machine-schemas'
import { screenLines } from '../../../src/shared/screen-text'
import { climb } from '../../boot/ladder'
import { type QemuEnd, watchQemu } from './qemu'

const MEMORY_MIB = 128
/** Of the host's processor for one image, however little of the guest's time has passed by then. */
const MOST_HOST_SECONDS = 20
const AT_A_TIME = 8
/** QEMU's seconds are the host's, and it begins with a BIOS that takes its time. */
const QEMU_FACTOR = 2
const [folder = '.', seconds = '8', ...names] = process.argv.slice(2)
const screens = join(folder, 'screens')
mkdirSync(screens, { recursive: true })

const files = readdirSync(folder).filter((file) => /\.(?:img|ima|flp|iso|dsk|hdd|vfd)$/i.test(file)).toSorted()
const images = files.filter((file) => names.length === 0 || names.some((part) => file.toLowerCase().includes(part.toLowerCase())))
// QEMU first, some at a time, as a guest that waits costs little; ours blocks the event loop.
for (let first = 0; first < images.length; first += AT_A_TIME) {
  const some = images.slice(first, first + AT_A_TIME).map((name) => {
    const image = new Uint8Array(readFileSync(join(folder, name)))
    return { name, image, medium: mediumOf(contentOf(image)) }
  })
  const ends = await Promise.all(some.map(({ image, medium }) => watchQemu({ image, medium, drives: [], memoryMib: MEMORY_MIB, steps: [], seconds: Number(seconds) * QEMU_FACTOR })))
  for (const [index, task] of some.entries()) console.log(row(task, ends[index]))
}

function row({ name, image, medium }: { name: string; image: Uint8Array; medium: BootMedium }, qemu: QemuEnd | undefined): string {
  const ours = climb({ image, medium, memoryMib: MEMORY_MIB, seconds: Number(seconds), mostHostSeconds: MOST_HOST_SECONDS })
  writeFileSync(join(screens, `${name}.own.png`), screenPng(ours.screen))
  if (qemu?.picture) writeFileSync(join(screens, `${name}.qemu.png`), screenPng({ mode: 'graphics', ...qemu.picture }))
  // Characters beyond ASCII are told apart by their pictures only.
  const ascii = screenLines(ours.screen).map((line) => line.replaceAll(/[^ -~]/g, '?'))
  const isText = ours.screen.mode === 'text'
  const same = isText ? isShown(ascii, qemu?.lines ?? []) : samePixels(ours.screen, qemu?.picture)
  const shown = isText ? ascii.find((line) => line.trim() !== '')?.trim().slice(0, 60) ?? '(blank)' : 'graphics'
  return `${same === true ? 'same' : same === false ? 'DIFFERS' : same} | ${name} | ${medium} | ${shown} | ${ours.outcome?.reason ?? 'runs'} | ${ours.guestSeconds.toFixed(1)} / ${ours.hostSeconds.toFixed(1)} s`
}

/** Whether all lines are on the judge's screen too, where SeaBIOS has said something before. The last KiB of memory may be another. */
function isShown(own: readonly string[], judge: readonly string[]): boolean {
  const told = (line: string): string => line.trim().replace(/\d+K upper memory/, 'upper memory')
  const there = new Set(judge.map(told))
  return own.every((line) => there.has(told(line)))
}

function samePixels(own: { mode: string; width?: number; height?: number; pixels?: Uint8Array }, judge: { width: number; height: number; pixels: Uint8Array } | undefined): boolean | string {
  if (!judge || own.pixels === undefined) return false
  if (own.width !== judge.width || own.height !== judge.height) return `${own.width}x${own.height}, QEMU ${judge.width}x${judge.height}`
  let differ = 0
  for (let i = 0; i < judge.pixels.length; i += 3) if ([0, 1, 2].some((k) => own.pixels?.[i + k] !== judge.pixels[i + k])) differ++
  return differ === 0 ? true : `${((differ * 300) / judge.pixels.length).toFixed(2)} % of pixels differ`
}
