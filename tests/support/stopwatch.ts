/**
 * How long something took, in milliseconds. A busy computer makes the clock's time longer, but not that of the processors: what this process
 * itself is to blame for is bounded by both.
 */
export interface Lap {
  readonly wall: number
  /** Processor time that this process used meanwhile, on all threads. */
  readonly processor: number
}

/** Starts to measure; call the result to read. */
export function stopwatch(): () => Lap {
  const [started, used] = [performance.now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(used)
    return { wall: performance.now() - started, processor: (user + system) / 1000 }
  }
}

/** The time that counts. */
export const blamed = ({ wall, processor }: Lap): number => Math.min(wall, processor)
