/** An image written to a loop device with `bootlab flash` boots from that device: by BIOS, by UEFI, and in our own PC, to the same text. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootlab } from '../support/cli'
import { linkKernel } from '../support/link-kernel'
import { deviceContent, loopDevices } from '../support/loop-devices'
import { hasFirmware } from '../support/ovmf'
import { bootInQemu, findQemu } from '../support/qemu'
import { runInOwnPc } from './own-pc'
import { imageOf } from './qemu-judge'
import speaking from './qemu-kernels/speaking.c?raw'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'

const MIB = 1 << 20
const IMAGE_BYTES = 64 * MIB
/** What the kernel says over the serial port, wherever it runs. */
const TEXT = 'Booted from a stick.'
const TIMEOUT_MS = 110_000

const devices = loopDevices()
afterAll(() => devices.release())

describe.skipIf(!devices.possible || findQemu() === undefined || !hasFirmware('UEFI x64'))('a stick of 64 MiB', () => {
  let device = ''
  let image: Uint8Array = new Uint8Array()

  beforeAll(async () => {
    const kernel = await linkKernel({ bits: 64, source: speaking, defines: { TEXT: JSON.stringify(TEXT) } })
    image = await imageOf(kernel, '', { image: { layout: 'gpt', fileSystem: 'fat32', firmware: 'both', sizeBytes: IMAGE_BYTES } })
    expect(image.length).toBe(IMAGE_BYTES)
    const file = join(devices.folder, 'disk.img')
    writeFileSync(file, image)
    // Exactly as large, so that the GPT's copy at the end is where firmware looks for it.
    device = devices.make('stick', IMAGE_BYTES)
    const { code, stdout, stderr } = await bootlab(['flash', file, '--to', device, '--yes'], { timeout: TIMEOUT_MS })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(createHash('sha256').update(image).digest('hex'))
  }, TIMEOUT_MS)

  test('holds the image', () => {
    expect(Buffer.compare(deviceContent(device, IMAGE_BYTES), image)).toBe(0)
  })

  test.each(['BIOS', 'UEFI x64'] as const)('boots in QEMU by %s', async (firmware) => {
    const run = await bootInQemu(device, { timeoutMs: TIMEOUT_MS, firmware, disk: 'USB stick' })
    expect(run.serial).toContain(TEXT)
    expect(run.exit).toEqual({ reason: 'debug-exit', code: (0x10 << 1) | 1 })
  }, TIMEOUT_MS + 10_000)

  test('boots in our own PC', () => {
    const run = runInOwnPc(new Uint8Array(deviceContent(device, IMAGE_BYTES)), { backend: DEFAULT_BACKEND, seconds: 30 })
    expect(run.serial).toContain(TEXT)
    expect(run.outcome).toMatchObject({ reason: 'debug-exit' })
  })
})
