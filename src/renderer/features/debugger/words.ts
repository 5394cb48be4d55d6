/** Places, pauses and breakpoints in words. */
import type { BreakpointSpec, KnownAddress, Place } from '../../../shared/debug'
import type { BreakpointHit, Paused } from '../../../shared/run-state'
import type { Strings } from '../../strings'
import type { OwnBreakpoint, Placed } from './debugger'
import { exceptionName } from './exceptions'

const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path

export const hexOf = (value: number | bigint): string => `0x${value.toString(16)}`

/** `kernel.c:42` */
export function sourceName({ path, file, line }: NonNullable<KnownAddress['source']>): string {
  return `${path ?? baseName(file)}:${line}`
}

/** `kmain+0x12` */
export function symbolName({ name, offset }: NonNullable<KnownAddress['symbol']>): string {
  return offset === 0 ? name : `${name}+${hexOf(offset)}`
}

/** What an address is, as short as it can be told: its source line, its function, or itself. */
export function placeName({ address, symbol, source }: KnownAddress): string {
  if (source) return symbol ? `${sourceName(source)} (${symbol.name})` : sourceName(source)
  return symbol ? symbolName(symbol) : address
}

export function placeText(at: Place): string {
  if ('address' in at) return at.address
  return 'symbol' in at ? at.symbol : `${at.file}:${at.line}`
}

/** @param at where the machine stands */
function hitText(hit: BreakpointHit, { pauses: text, status }: Strings, at: string): string {
  switch (hit.kind) {
    case 'code':
      return text.code(at)
    case 'data':
      if (hit.access === 'read') return text.read(hit.address, hit.bytes)
      return hit.before === undefined || hit.after === undefined || hit.before === hit.after ? text.written(hit.address, hit.bytes) : text.wrote(hit.address, hit.before, hit.after)
    case 'port':
      return text[hit.direction](hexOf(hit.port), hexOf(hit.value))
    case 'vector':
      return hit.address === undefined ? text.vector(hit.name) : text.vectorAt(hit.name, hit.address)
    case 'mode':
      return text.mode(status.mode[hit.from], status.mode[hit.to])
    case 'triple-fault':
      return text.tripleFault(hit.faults.join(' → '))
  }
}

/** Why the machine is paused, in a sentence. @param here what is known of the place, once it is */
export function pauseText({ reason, address }: Paused, strings: Strings, here: KnownAddress | undefined): string {
  const { pauses: text } = strings
  const at = placeName(here ?? { address })
  switch (reason.type) {
    case 'user':
      return text.user(at)
    case 'step':
      return reason.interrupted === undefined ? text.step(at) : text.interrupted(hexOf(reason.interrupted), at)
    case 'reached':
      return text.reached(at)
    case 'boot':
      return reason.at === 'kernel' ? text.boot.kernel(at) : text.boot[reason.at]
    case 'breakpoint':
      return text.hit(reason.hits.map((hit) => hitText(hit, strings, at)).join(text.and))
  }
}

/** What a breakpoint waits for. */
export function specText(spec: BreakpointSpec, { breakpoints: text }: Strings): string {
  switch (spec.kind) {
    case 'code':
      return placeText(spec.at)
    case 'data': {
      const address = spec.space === 'physical' ? text.describe.physical(spec.address) : spec.address
      return text.describe.data(text.accesses[spec.access], spec.bytes, address)
    }
    case 'port': {
      const ports = spec.first === spec.last ? hexOf(spec.first) : `${hexOf(spec.first)}–${hexOf(spec.last)}`
      return text.describe.port(text.directions[spec.direction], ports)
    }
    case 'vector':
      return text.describe.vector(exceptionName(spec.vector) ?? hexOf(spec.vector), text.sources[spec.source])
    case 'mode':
      return spec.mode === 'any' ? text.describe.anyMode : text.describe.mode(text.modes[spec.mode])
    case 'triple-fault':
      return text.kinds['triple-fault']
  }
}

export type BreakpointLook = 'set' | 'off' | 'waiting' | 'refused'

/** How a breakpoint is drawn. */
export function lookOf({ enabled }: OwnBreakpoint, placed: Placed | undefined): BreakpointLook {
  if (!enabled) return 'off'
  if (placed === undefined) return 'waiting'
  return 'failure' in placed ? 'refused' : 'set'
}

/** What is to be said about where a breakpoint is, or why it is nowhere; nothing for one whose name says it all. */
export function stateText(breakpoint: OwnBreakpoint, placed: Placed | undefined, { breakpoints: text }: Strings): string {
  if (placed === undefined) return text.notPlaced
  if ('failure' in placed) return text.refused([placed.failure.what, placed.failure.why].filter((part) => part !== undefined).join(' '))
  if (!breakpoint.enabled) return text.off
  const { spec } = breakpoint
  const named = spec.kind === 'code' ? placeText(spec.at) : ''
  // Where it stops just where it was put there is nothing to say.
  const told = placed.places.filter(({ source, symbol, address }) => ![source && sourceName(source), symbol && symbolName(symbol), address].includes(named))
  return told.length === 0 ? '' : text.stopsAt(told.map(placeName).join(', '))
}
