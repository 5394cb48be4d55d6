/**
 * What somebody outside the guest may want to hear of (a debugger, a log): rare events, handled in TypeScript anyway. Whoever listens sets a
 * function; nobody listens where there is none.
 */

export interface PortAccess {
  readonly direction: 'in' | 'out'
  readonly port: number
  readonly bytes: 1 | 2 | 4
  /** What was read, or is about to be written; unsigned. */
  readonly value: number
}

export interface Delivered {
  readonly vector: number
  readonly source: 'software' | 'exception' | 'hardware'
  /** As pushed; undefined where the vector or the mode pushes none. */
  readonly errorCode: number | undefined
  /** Offset in the old code segment to which the handler returns. */
  readonly returnTo: bigint
}

export interface CpuObserver {
  /** The guest reads or writes a port: after reading, before writing. */
  port?: ((access: PortAccess) => void) | undefined
  /** Whether `delivered` is to hear of events of a source now. Asked at the start of a slice, and where a place was reached; absent: it is to hear of all. */
  hears?: ((source: Delivered['source']) => boolean) | undefined
  /** An interrupt or exception was delivered; the next instruction is its handler's first. */
  delivered?: ((event: Delivered) => void) | undefined
  /** CR0, CR4 or EFER may have changed. */
  modes?: (() => void) | undefined
}
