/** What the BIOS has for programs in protected and virtual-8086 mode: those of protected mode are answered as SeaBIOS answers them in QEMU. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { outputHere, outputInQemu } from '../../src/main/emulator/firmware/bios-judge'
import { assembleFlat } from '../../src/main/toolchain/assemble-flat'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { findQemu } from '../support/qemu'

const RUN_TICKS = 20_000_000
const LIMIT_MS = 60_000
/** The program takes so many doublewords for what it was told. */
const WORDS = 37
/** Where SeaBIOS does not answer as the specifications say: a function that the directory does not have (AL 81h), a word at an odd register (AH 87h, carry). */
const AS_SPECIFIED: Readonly<Record<number, string>> = { 6: '81', 26: '8701' }

const program = (name: string): Promise<Uint8Array> => assembleFlat({ sources: [{ name, text: readFileSync(join(import.meta.dirname, name), 'utf8') }], linkerScript: 'SECTIONS { . = 0x7c00; .text : { *(.text) } }', defines: {} })
const words = (bytes: Uint8Array): string[] => Array.from(new Uint32Array(bytes.slice().buffer), (word) => word.toString(16))

test('the service directory, the PCI BIOS, APM, and the structures that are found by their signatures', { timeout: LIMIT_MS }, async () => {
  const image = await program('protected-bios.S')
  const here = words(outputHere(DEFAULT_BACKEND, { image, medium: 'disk' }, RUN_TICKS))
  expect(here).toHaveLength(WORDS)
  // No checksum is wrong, and the PCI BIOS is found.
  expect(here.slice(0, 5)).toEqual(['0', '0', '0', '100', '0'])
  const qemu = findQemu()
  if (qemu === undefined) return
  const judge = words(outputInQemu(qemu, { image, medium: 'disk' }))
  expect(here).toEqual(judge.map((word, i) => AS_SPECIFIED[i] ?? word))
})

test('a service that is called from virtual-8086 mode works on the memory that the program sees', { timeout: LIMIT_MS }, async () => {
  const [status, ...signatures] = outputHere(DEFAULT_BACKEND, { image: await program('v86-bios.S'), medium: 'disk' }, RUN_TICKS)
  expect(status).toBe(0)
  // At the linear address, and not at the physical one.
  expect(signatures).toEqual([0x55, 0xaa, 0, 0])
})
