/** The images of a machine's drives, opened where they are files. */
import type { ExtraDrive } from '../machine/drives'
import type { MachineOptions } from '../machine/machine'
import { type ImageFile, openImageFile, type OpenImageFile } from './image-file'
import type { StartOptions } from './options'

export class OpenImages {
  readonly inserted: { readonly image: MachineOptions['image']; readonly drives: readonly ExtraDrive[] | undefined }
  readonly #files: OpenImageFile[] = []

  /** @throws LabError when a file cannot be opened, or is not what it was; then none is left open */
  constructor({ image, drives }: Pick<StartOptions, 'image' | 'drives'>) {
    try {
      this.inserted = { image: this.#open(image), drives: drives?.map((drive) => ({ ...drive, image: this.#open(drive.image) })) }
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** @throws LabError when what the guest wrote cannot be kept */
  close(): void {
    for (const file of this.#files.splice(0)) file.close()
  }

  #open(image: Uint8Array | ImageFile): Uint8Array | OpenImageFile {
    if (image instanceof Uint8Array) return image
    const file = openImageFile(image)
    this.#files.push(file)
    return file
  }
}
