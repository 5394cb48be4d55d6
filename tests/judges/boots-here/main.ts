/**
 * Boots what `payloads.ts` lists in our PC with its own BIOS and with SeaBIOS, and in QEMU, and prints a table: what was reached, and when.
 *   node scripts/run.mjs tests/judges/boots-here/main.ts FOLDER [part of a name …]
 * Screens go to FOLDER/screens as text and pictures, to be compared by eye.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { screenPng } from '../../../src/main/emulator/machine/picture'
import { readRoms } from '../../../src/main/services/firmware-files'
import { climb, type Climb } from '../../boot/ladder'
import { type Payload, PAYLOADS } from './payloads'
import { type QemuEnd, watchQemu } from './qemu'

const SEABIOS = '/usr/share/seabios/bios-256k.bin'
/** UEFI, with its variables in the ROM. */
const OVMF = '/usr/share/ovmf/OVMF.fd'
const DEFAULT_MEMORY_MIB = 128
/** A name as that of a file. */
const fileName = (name: string): string => name.replaceAll('/', '-')

const [folder = '.', ...names] = process.argv.slice(2)
/** BACKEND=block: translated code, which is faster where a run is long. */
const backend = process.env['BACKEND'] === 'block' ? 'block' : 'interp'
/** ONLY=own,seabios,qemu; what needs UEFI counts as seabios, with OVMF in its place. */
const only = new Set((process.env['ONLY'] ?? 'own,seabios,qemu').split(','))
const screens = join(folder, 'screens')
mkdirSync(screens, { recursive: true })

for (const payload of PAYLOADS) {
  if (names.length > 0 && !names.some((name) => payload.name.toLowerCase().includes(name.toLowerCase()))) continue
  console.log(await row(payload))
}

async function row(payload: Payload): Promise<string> {
  const { name, from, medium, uefi = false, memoryMib = DEFAULT_MEMORY_MIB, steps = [], untilText, seconds } = payload
  const image = payload.image(folder)
  const drives = (payload.drives ?? []).map((drive) => ({ medium: drive.medium, image: drive.image(folder), readOnly: false }))
  const whole = drives.flatMap(({ image: content, ...drive }) => (content === undefined ? [] : [{ ...drive, image: content }]))
  const start = `| ${name} | ${from} | ${medium} | ${untilText === undefined ? 'picture' : `“${untilText}”`}`
  if (image === undefined || whole.length < drives.length) return `${start} | missing | | |`
  const ours = only.has('own') && !uefi ? climb({ backend, image, medium, drives: whole, memoryMib, steps, untilText, seconds }) : undefined
  if (ours) keep(`${name}.own`, ours)
  const seabios = only.has('seabios') ? climb({ backend, image, medium, drives: whole, memoryMib, steps, untilText, seconds: seconds + 10, roms: await readRoms(uefi ? OVMF : SEABIOS) }) : undefined
  if (seabios) keep(`${name}.seabios`, seabios)
  const qemu = only.has('qemu') ? await watchQemu({ image, medium, drives: whole, memoryMib, steps, untilText, seconds, ...(uefi ? { arguments: ['-bios', OVMF] } : {}) }) : undefined
  if (qemu) keepQemu(`${name}.qemu`, qemu)
  return `${start} | ${ownCell(ours, untilText)} | ${ownCell(seabios, untilText)} | ${qemu ? `${qemu.reached || untilText === undefined ? '' : 'NOT '}${qemu.hostSeconds.toFixed(1)} s` : ''} |`
}

function ownCell(run: Climb | undefined, untilText: string | undefined): string {
  if (!run) return ''
  const reached = untilText === undefined || run.lines.join('\n').includes(untilText) || run.serial.includes(untilText)
  const ended = run.outcome === undefined ? '' : ` (${run.outcome.reason})`
  return `${reached ? '' : 'NOT '}${run.guestSeconds.toFixed(1)} / ${run.hostSeconds.toFixed(1)} s${ended}`
}

function keep(name: string, run: Climb): void {
  writeFileSync(join(screens, `${fileName(name)}.txt`), `${run.lines.join('\n')}\n--- COM1\n${run.serial}`)
  writeFileSync(join(screens, `${fileName(name)}.png`), screenPng(run.screen))
}

function keepQemu(name: string, { lines, serial, picture }: QemuEnd): void {
  writeFileSync(join(screens, `${fileName(name)}.txt`), `${lines.join('\n')}\n--- COM1\n${serial}`)
  if (picture) writeFileSync(join(screens, `${fileName(name)}.png`), screenPng({ mode: 'graphics', ...picture }))
}
