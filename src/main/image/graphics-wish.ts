/** The graphics mode that a kernel's header asks for. Under UEFI it must be set before the boot protocol's code reads the header. */
import type { BootParameters } from './boot-parameters'

/** In pixels and bits a pixel; 0 leaves it to the loader. */
export interface GraphicsWish {
  width: number
  height: number
  bits: number
}

/** The wish as parameters of the boot entry; none for numbers that are left to the loader. */
export function wishParameters(wish: GraphicsWish | undefined): BootParameters {
  if (!wish) return {}
  return {
    ...(wish.width > 0 && { 'framebuffer-width': BigInt(wish.width) }),
    ...(wish.height > 0 && { 'framebuffer-height': BigInt(wish.height) }),
    ...(wish.bits > 0 && { 'framebuffer-bits': BigInt(wish.bits) }),
  }
}
