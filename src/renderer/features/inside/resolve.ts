/** Finds the address that a person wrote: registers from the machine, symbols from the kernel's file. */
import type { DebugRegisters } from '../../../shared/debug'
import { LabError, toFailure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import { currentStrings } from '../../strings'
import { clamp, parseAddress, type Written } from './address'

type Call = Connection['call']

/** `rsp`, `esp` and `sp` are one register; its name depends on the mode. */
const FAMILY = /^[re]?([abcd]x|[sd]i|[bs]p|ip|flags)$/i
const family = (name: string): string => (FAMILY.exec(name)?.[1] ?? name).toLowerCase()

export function registerValue(registers: DebugRegisters, name: string): bigint | undefined {
  const wanted = family(name)
  if (wanted === 'ip') return BigInt(registers.rip)
  const { general, control, debug, segments, tables } = registers
  const value = [...general, ...control, ...debug].find((one) => family(one.name) === wanted)?.value ?? [...segments, ...tables].find((one) => one.name.toLowerCase() === wanted)?.base
  return value === undefined ? undefined : BigInt(value)
}

const segmentBase = (registers: DebugRegisters, register: string): bigint => BigInt(registers.segments.find(({ name }) => name === register)?.base ?? '0x0')

/** @throws LabError when nothing has this name */
export async function resolveAddress(call: Call, machine: string, text: string): Promise<bigint> {
  const written = parseAddress(text)
  if (!written) throw new LabError({ code: 'bad-input', what: currentStrings().inside.address.malformed })
  return valueOf(call, machine, written)
}

async function valueOf(call: Call, machine: string, written: Written): Promise<bigint> {
  if (written.kind === 'number') return written.value
  const registers = await call('debug.registers', { machine })
  if (written.kind === 'segment') return clamp(segmentBase(registers, written.register) + (await valueOf(call, machine, written.inner)))
  const value = registerValue(registers, written.name)
  return value === undefined ? symbolAddress(call, machine, written) : clamp(value + written.offset)
}

async function symbolAddress(call: Call, machine: string, { name, offset, number }: Extract<Written, { kind: 'name' }>): Promise<bigint> {
  try {
    const [found] = await call('debug.find', { machine, at: { symbol: name } })
    if (found) return clamp(BigInt(found.address) + offset)
  } catch (error) {
    if (number === undefined || toFailure(error).code !== 'not-found') throw error
  }
  if (number !== undefined) return number
  throw new LabError({ code: 'not-found', what: currentStrings().inside.address.unknown(name) })
}
