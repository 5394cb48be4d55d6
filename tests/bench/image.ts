/** Making images, without compilation: a kernel of 1 MiB in an image of 64 MiB, from its bytes to the file on the disk. */
import { join } from 'node:path'
import { replaceFile } from '../../src/main/files/atomic'
import { buildDiskImage, inFormat } from '../../src/main/image'
import { noise, sampleElf } from '../../src/main/image/elf-sample'
import type { Builder } from '../../src/main/services/builder'
import type { ImageFormat, ImageLayout } from '../../src/shared/image'
import { temporaryFolder } from './workload-images'

const KERNEL_BYTES = 1 << 20
const IMAGE_BYTES = 64 << 20

export interface ImageFigures {
  name: string
  /** Milliseconds of each round: packing, then the file. */
  packs: number[]
  writes: number[]
}

const SHAPES: readonly { layout: ImageLayout; format: ImageFormat; fileSystem?: 'none' }[] = [
  { layout: 'mbr', format: 'raw' },
  { layout: 'mbr', format: 'raw', fileSystem: 'none' },
  { layout: 'gpt', format: 'raw' },
  { layout: 'iso', format: 'raw' },
  { layout: 'mbr', format: 'qcow2' },
]

/** Every round has another kernel, so that all is made and written anew. */
export async function measureImages(builder: Builder, rounds: number): Promise<ImageFigures[]> {
  const loader = await builder.loader()
  const figures: ImageFigures[] = []
  for (const { layout, format, fileSystem } of SHAPES) {
    const name = [layout, fileSystem, format].filter((part) => part !== undefined && part !== 'raw').join('-')
    const path = join(temporaryFolder(), `image-${name}.img`)
    const packs: number[] = []
    const writes: number[] = []
    // The first round, which makes FatFs's instance, does not count.
    for (let round = -1; round < rounds; round++) {
      const kernel = sampleElf({ bits: 64, segments: [{ virtualAddress: 0x100000n, content: noise(4096, round + 2) }] })
      const whole = new Uint8Array(KERNEL_BYTES)
      whole.set(kernel)
      whole.fill(0x5a, kernel.length)
      const started = performance.now()
      const { image } = await buildDiskImage({ kernel: whole, loader, image: { layout, ...(fileSystem && { fileSystem }), ...(layout !== 'iso' && { sizeBytes: IMAGE_BYTES }) } })
      const file = inFormat(image, format, 'image')
      const packed = performance.now()
      await replaceFile(path, file)
      if (round < 0) continue
      packs.push(packed - started)
      writes.push(performance.now() - packed)
    }
    figures.push({ name, packs, writes })
  }
  return figures
}
