/** What a person fills in to add a breakpoint, by its kind; and the breakpoint that it means. */
import type { BreakpointSpec } from '../../../shared/debug'
import type { Strings } from '../../strings'
import { readHex, readNumber, readPlace, readPorts, readVector } from './typed'

export const KINDS = ['code', 'data', 'port', 'vector', 'mode', 'triple-fault'] as const satisfies readonly BreakpointSpec['kind'][]
export type Kind = (typeof KINDS)[number]

export interface Form {
  kind: Kind
  place: string
  address: string
  bytes: string
  access: 'read' | 'write' | 'any'
  space: 'linear' | 'physical'
  ports: string
  direction: 'in' | 'out' | 'any'
  vector: string
  source: 'software' | 'exception' | 'hardware' | 'any'
  mode: 'real' | 'protected' | 'long' | 'any'
}

export const EMPTY_FORM: Form = { kind: 'code', place: '', address: '', bytes: '4', access: 'write', space: 'linear', ports: '', direction: 'any', vector: '', source: 'any', mode: 'any' }

/** Choices of a field, in the order in which they are offered. */
export const CHOICES = {
  access: ['write', 'read', 'any'],
  space: ['linear', 'physical'],
  direction: ['any', 'in', 'out'],
  source: ['any', 'software', 'exception', 'hardware'],
  mode: ['any', 'real', 'protected', 'long'],
} as const satisfies { [K in keyof Form]?: readonly Form[K][] }

const MAX_BYTES = 65_536

/** The breakpoint, or which field is wrong. */
export function readForm(form: Form): BreakpointSpec | { wrong: keyof Strings['breakpoints']['wrong'] } {
  switch (form.kind) {
    case 'code': {
      const at = readPlace(form.place)
      return at ? { kind: 'code', at } : { wrong: 'place' }
    }
    case 'data': {
      const address = readHex(form.address)
      const bytes = readNumber(form.bytes, 1, MAX_BYTES)
      if (address === undefined) return { wrong: 'address' }
      return bytes === undefined ? { wrong: 'bytes' } : { kind: 'data', space: form.space, address, bytes, access: form.access }
    }
    case 'port': {
      const ports = readPorts(form.ports)
      return ports ? { kind: 'port', ...ports, direction: form.direction } : { wrong: 'ports' }
    }
    case 'vector': {
      const vector = readVector(form.vector)
      return vector === undefined ? { wrong: 'vector' } : { kind: 'vector', vector, source: form.source }
    }
    case 'mode':
      return { kind: 'mode', mode: form.mode }
    case 'triple-fault':
      return { kind: 'triple-fault' }
  }
}
