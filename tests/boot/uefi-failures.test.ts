/** What the UEFI programs cannot do ends in a sentence, while the firmware is there and after it is gone; what a person would not see is said. About 35 s alone. */
import { describe, expect, test } from 'vitest'
import { DISK, SECTOR_BYTES } from '../../src/main/image/layout'
import { linkKernel } from '../support/link-kernel'
import { type Firmware, hasFirmware } from '../support/ovmf'
import { findQemu } from '../support/qemu'
import { header } from './kernels'
import { readPixelText } from './pixel-text'
import { bootImage, imageOf } from './qemu-judge'
import tiny from './qemu-kernels/tiny.c?raw'

const TIMEOUT_MS = 120_000
const FIRMWARES = ['UEFI x64', 'UEFI IA32'] as const satisfies readonly Firmware[]
/** What tiny.c writes to COM1. */
const TINY_RAN = 'em'
/** Where efi_console.c begins to draw. */
const MARGIN = 16

const kernel = (clearedBytes: number): Promise<Uint8Array> =>
  linkKernel({ bits: 32, source: `${tiny}\nchar cleared[${clearedBytes}];`, defines: { HEADER: header(0) }, linkArguments: ['--image-base=0x100000'] })

describe.skipIf(findQemu() === undefined).each(FIRMWARES)('%s', (firmware) => {
  describe.skipIf(!hasFirmware(firmware))('with its OVMF', () => {
    test('a damaged boot volume: the sentence, and a key leads back to the firmware', async () => {
      const image = await imageOf(await kernel(1), '', { image: { firmware: 'both' } })
      image.fill(0xff, DISK.PARTITION_LBA * SECTOR_BYTES + 8, DISK.PARTITION_LBA * SECTOR_BYTES + 12)
      const run = await bootImage(image, { timeoutMs: TIMEOUT_MS, firmware, untilText: 'failed to start', keys: { afterText: 'Press a key to go back', text: ' ' } })
      expect(run.exit).toEqual({ reason: 'text' })
      expect(run.debugPort).toMatch(/^Bootlab: the boot \w+.* is damaged.*Write the image again\.$/)
      expect(run.serial).toContain('Load Error')
    }, TIMEOUT_MS)

    test('a kernel that has no room: the sentence when the firmware is gone, in pixels, too', async () => {
      const image = await imageOf(await kernel(0x2000_0000), '', { image: { firmware: 'both' } })
      const run = await bootImage(image, { timeoutMs: TIMEOUT_MS, firmware, untilText: 'more memory.', lingerMs: 200, picture: true })
      expect(run.exit).toEqual({ reason: 'text' })
      const sentence = run.debugPort.trim()
      expect(sentence).toMatch(/^Bootlab: the kernel's segment at 0x[0-9a-f]+ to 0x[0-9a-f]+ is outside usable memory: .* or give the machine more memory\.$/)
      expect(run.serial).toContain(sentence)
      expect(run.picture && readPixelText(run.picture, MARGIN, MARGIN)).toBe(sentence)
    }, TIMEOUT_MS)

    test('a kernel for text mode runs, and the screen says why it shows nothing', async () => {
      const image = await imageOf(await kernel(1), '', { image: { firmware: 'both', fileSystem: 'fat16' } })
      const run = await bootImage(image, { timeoutMs: TIMEOUT_MS, firmware, untilText: TINY_RAN, lingerMs: 200, picture: true })
      expect(run.exit).toEqual({ reason: 'text' })
      expect(run.debugPort).toBe('')
      expect(run.picture && readPixelText(run.picture, MARGIN, MARGIN)).toMatch(/^Bootlab: \/boot\/\S+ runs now\. UEFI has no VGA text memory \(0xb8000\): .* ask for a framebuffer\.$/)
    }, TIMEOUT_MS)
  })
})

describe.skipIf(findQemu() === undefined || !hasFirmware('UEFI IA32'))('UEFI IA32 on a 32-bit processor', () => {
  test('refuses a 64-bit kernel', async () => {
    const file = await linkKernel({ bits: 64, source: '__asm__(".text\\n.globl start\\nstart: hlt\\n");' })
    const run = await bootImage(await imageOf(file, '', { image: { firmware: 'both' } }), { timeoutMs: TIMEOUT_MS, firmware: 'UEFI IA32', cpu: 'qemu32,-lm', untilText: 'has no long mode' })
    expect(run.exit).toEqual({ reason: 'text' })
  }, TIMEOUT_MS)
})
