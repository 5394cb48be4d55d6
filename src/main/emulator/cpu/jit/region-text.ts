/** A region for a person: the code of the guest, block by block, why it is left, and the WebAssembly that was made of it. */
import { moduleText } from '../../wasm/text'
import { format } from '../decode/disassemble'
import { onPage } from './builder-state'
import type { RegionMade } from './options'
import { targetOf, type Region, type RegionBlock, type RegionInstruction } from './region'

const TEXT_WIDTH = 40
const STACK_TRANSFERS: ReadonlySet<string> = new Set(['call', 'ret'])
const MEMORY_WITHOUT_OPERAND = /^(push|pop|leave|enter|xlat|(movs|stos|lods|cmps|scas)[bwdq]?$)/

export interface RegionDump {
  /** `7c00-16`: physical address of the hot place, and code mode. */
  readonly name: string
  readonly text: string
  /** The module. */
  readonly wasm: Uint8Array
}

export function dumpOf({ region, page, bytes }: RegionMade): RegionDump {
  const { codeMode, entries, blocks } = region
  const name = `${(page + (entries[0]?.start ?? 0)).toString(16)}-${codeMode}`
  const count = blocks.reduce((sum, { instructions }) => sum + instructions.length, 0)
  const head = `${codeMode}-bit code of the page at 0x${page.toString(16)}: ${count} instructions, ${bytes.length} bytes of WebAssembly; entered at ${entries.map(({ start }) => offsetText(start)).join(' ')}`
  return { name, text: [head, ...blocks.map((block) => blockText(block, region)), moduleText(bytes)].join('\n\n'), wasm: bytes }
}

function offsetText(offset: number): string {
  return `+${offset.toString(16)}`
}

function blockText(block: RegionBlock, region: Region): string {
  const { number, start, instructions, successors } = block
  const lines = instructions.map((instruction) => {
    const text = format(instruction.decoded, region.codeMode, BigInt(instruction.offset))
    const notes = [...(instruction.flagsDead ? ['flags unseen'] : []), ...(instruction.profile.leaves ? [`leaves: ${leavesBecause(instruction)}`] : [])]
    return `  ${offsetText(instruction.offset).padEnd(6)} ${notes.length === 0 ? text : `${text.padEnd(TEXT_WIDTH)} ; ${notes.join('; ')}`}`
  })
  const exits = exitsOf(block, region).map((exit) => `  left ${exit}`)
  return [`block ${number} at ${offsetText(start)}${successors.length === 0 ? '' : `, then ${successors.join(' or ')}`}`, ...lines, ...exits].join('\n')
}

/**
 * Why an instruction may be left to the interpreter: `memory`, where the TLB does not know its page, the access crosses pages, or it stores beside code that was
 * executed; `target`, where a jump may fault; `fault`, where the instruction itself does.
 */
function leavesBecause({ decoded, profile }: RegionInstruction): string {
  if (profile.transfer !== 'next') return STACK_TRANSFERS.has(decoded.row.name) || decoded.isMemory ? 'memory, target' : 'target'
  return decoded.isMemory || MEMORY_WITHOUT_OPERAND.test(decoded.row.name) ? 'memory' : 'fault'
}

/** Where code goes on that is not in the region, and why that is not. */
function exitsOf({ instructions, end }: RegionBlock, { blockAt, obstacleAt }: Region): string[] {
  const last = instructions.at(-1)
  if (last === undefined) return []
  const { transfer } = last.profile
  if (transfer === 'dynamic') return ['for the computed address, where that is no entry of this region']
  const places = [...(transfer === 'static' || transfer === 'conditional' ? [targetOf(last)] : []), ...(transfer === 'next' || transfer === 'conditional' ? [end] : [])]
  return places.flatMap((place) => {
    if (place === undefined || blockAt.has(place)) return []
    const why = !onPage(place) ? 'another page' : (obstacleAt.get(place) ?? 'not executed so far, or the region is full')
    return [`for ${place < 0 ? `-${(-place).toString(16)}` : offsetText(place)}: ${why}`]
  })
}
