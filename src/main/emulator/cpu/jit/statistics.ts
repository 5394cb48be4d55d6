import type { Translation } from '../../../../shared/machine-schemas'
import type { Region } from './region'

/** What a translator did, for `--jit-stats`. */
export class JitStatistics {
  regions = 0
  instructions = 0
  /** Of WebAssembly. */
  bytes = 0
  /** Spent finding, emitting and compiling; the host's time, which the guest does not see. */
  milliseconds = 0
  /** Hot places that have no translation. */
  refused = 0
  /** Regions that were dropped because their bytes changed, and because room was short. */
  overwritten = 0
  evicted = 0
  flushes = 0
  /** What kept instructions out of regions. */
  readonly obstacles = new Map<string, number>()

  report(): Translation {
    const { regions, instructions, bytes, milliseconds, refused, overwritten, evicted } = this
    return { regions, instructions, bytes, milliseconds, refused, overwritten, evicted, obstacles: Object.fromEntries(this.obstacles) }
  }

  /** A region was made. */
  made(region: Region, bytes: number): void {
    this.regions++
    this.bytes += bytes
    for (const { instructions } of region.blocks) this.instructions += instructions.length
    for (const [obstacle, count] of region.obstacles) this.obstacles.set(obstacle, (this.obstacles.get(obstacle) ?? 0) + count)
  }
}
