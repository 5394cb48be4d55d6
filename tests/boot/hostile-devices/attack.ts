/** Garbage to every register of the machine, and whether it stands afterwards. */
import { Board, type BoardOptions, type Slow } from './board'
import { knowingMove } from './chips'
import { garbage } from './garbage'

export const STYLES = ['garbage', 'chips', 'both'] as const
export type Style = (typeof STYLES)[number]

export interface DeviceAttackOptions extends BoardOptions {
  readonly style: Style
  /** At least so many accesses. */
  readonly accesses: number
  readonly onProgress?: (board: Board) => void
}

export interface DeviceAttack {
  readonly accesses: number
  readonly instructions: number
  readonly ends: ReadonlyMap<string, number>
  /** Exceptions that left the machine, each with what was done last. */
  readonly defects: readonly string[]
  readonly slowest: Slow
  readonly slowestRun: Slow
  readonly hash: string
  /** Most bytes that this process held. */
  readonly mostMemory: number
  readonly imagesAreAsBefore: boolean
  /** The machine, for what is to be asked of it afterwards. */
  readonly board: Board
}

/** Accesses between two looks at the process. */
const LOOK = 100_000
const MOST_DEFECTS = 5

export function attackDevices({ style, accesses, onProgress, ...options }: DeviceAttackOptions): DeviceAttack {
  const board = new Board(options)
  const { random } = board
  const defects: string[] = []
  let [mostMemory, looked] = [0, 0]
  const look = (): void => {
    looked = board.accesses
    mostMemory = Math.max(mostMemory, process.memoryUsage().rss)
    onProgress?.(board)
  }
  while (board.accesses < accesses && defects.length < MOST_DEFECTS) {
    try {
      if (style === 'chips' || (style === 'both' && random.chance(12))) knowingMove(board)
      else garbage(board)
      if (random.chance(24)) board.pass(random.pick([1, 100, 2000]))
      if (random.chance(20_000)) board.pass(1_000_000)
      if (random.chance(5_000)) board.restart()
    } catch (error) {
      defects.push(`${error instanceof Error ? error.stack : String(error)}\nafter ${board.accesses} accesses, the last ones:\n  ${board.lately.slice(-12).join('\n  ')}`)
      board.restart()
    }
    if (board.accesses - looked >= LOOK) look()
  }
  look()
  const { slowest, slowestRun, ends, machine } = board
  return { accesses: board.accesses, instructions: machine.instructions, ends, defects, slowest, slowestRun, hash: board.hash(), mostMemory, imagesAreAsBefore: board.imagesAreAsBefore, board }
}
