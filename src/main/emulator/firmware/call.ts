import { CS, DS, ES, IF, SS } from '../cpu/state/bits'
import type { CpuState } from '../cpu/state/cpu-state'
import type { GuestMemory } from '../machine/guest-memory'

const [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI] = [0, 1, 2, 3, 4, 5, 6, 7] as const

const CF = 1
const ZF = 0x40

/**
 * The registers of a program that called a BIOS service with INT, which has pushed IP, CS and FLAGS on its stack. Results in flags go
 * into the pushed FLAGS, which the service's IRET restores.
 */
export class FirmwareCall {
  readonly state: CpuState
  readonly memory: GuestMemory
  /** Bytes that the stub has pushed onto what INT pushed. */
  pushed = 0

  constructor(state: CpuState, memory: GuestMemory) {
    this.state = state
    this.memory = memory
  }

  get eax(): number { return this.state.gpr32(RAX) }
  set eax(value: number) { this.#set(RAX, 32, value) }
  get ebx(): number { return this.state.gpr32(RBX) }
  set ebx(value: number) { this.#set(RBX, 32, value) }
  get ecx(): number { return this.state.gpr32(RCX) }
  set ecx(value: number) { this.#set(RCX, 32, value) }
  get edx(): number { return this.state.gpr32(RDX) }
  set edx(value: number) { this.#set(RDX, 32, value) }

  get esi(): number { return this.state.gpr32(RSI) }
  set esi(value: number) { this.#set(RSI, 32, value) }
  get edi(): number { return this.state.gpr32(RDI) }
  set edi(value: number) { this.#set(RDI, 32, value) }

  get ax(): number { return this.eax & 0xffff }
  set ax(value: number) { this.#set(RAX, 16, value) }
  get bx(): number { return this.ebx & 0xffff }
  set bx(value: number) { this.#set(RBX, 16, value) }
  get cx(): number { return this.ecx & 0xffff }
  set cx(value: number) { this.#set(RCX, 16, value) }
  get dx(): number { return this.edx & 0xffff }
  set dx(value: number) { this.#set(RDX, 16, value) }
  get si(): number { return this.state.gpr32(RSI) & 0xffff }
  set si(value: number) { this.#set(RSI, 16, value) }
  get di(): number { return this.state.gpr32(RDI) & 0xffff }
  set di(value: number) { this.#set(RDI, 16, value) }
  get bp(): number { return this.state.gpr32(RBP) & 0xffff }
  set bp(value: number) { this.#set(RBP, 16, value) }

  get al(): number { return this.eax & 0xff }
  set al(value: number) { this.#set(RAX, 8, value) }
  get ah(): number { return (this.eax >> 8) & 0xff }
  set ah(value: number) { this.ax = (this.ax & 0xff) | ((value & 0xff) << 8) }
  get bl(): number { return this.ebx & 0xff }
  set bl(value: number) { this.#set(RBX, 8, value) }
  get bh(): number { return (this.ebx >> 8) & 0xff }
  set bh(value: number) { this.bx = (this.bx & 0xff) | ((value & 0xff) << 8) }
  get cl(): number { return this.ecx & 0xff }
  set cl(value: number) { this.#set(RCX, 8, value) }
  get ch(): number { return (this.ecx >> 8) & 0xff }
  set ch(value: number) { this.cx = (this.cx & 0xff) | ((value & 0xff) << 8) }
  get dl(): number { return this.edx & 0xff }
  set dl(value: number) { this.#set(RDX, 8, value) }
  get dh(): number { return (this.edx >> 8) & 0xff }
  set dh(value: number) { this.dx = (this.dx & 0xff) | ((value & 0xff) << 8) }

  get es(): number { return this.state.selector(ES) }
  set es(segment: number) {
    this.state.setSegment(ES, { ...this.state.segment(ES), selector: segment, base: BigInt(segment << 4) })
    this.state.updateEffectiveSegment(ES)
  }

  /** Linear address of an offset in ES or DS. */
  inEs(offset: number): number { return this.#linear(ES, offset) }
  inDs(offset: number): number { return this.#linear(DS, offset) }

  /** Linear address of what lies so many bytes above the stack pointer. */
  onStack(displacement: number): number { return this.#linear(SS, this.state.gpr32(RSP) + displacement) }

  /** Return address and flags that INT pushed. */
  get returnIp(): number { return this.memory.read16(this.#frame(0)) }
  set returnIp(value: number) { this.memory.write16(this.#frame(0), value) }
  get returnCs(): number { return this.memory.read16(this.#frame(2)) }
  set returnCs(value: number) { this.memory.write16(this.#frame(2), value) }
  get returnFlags(): number { return this.memory.read16(this.#frame(4)) }
  set returnFlags(value: number) { this.memory.write16(this.#frame(4), value) }

  get carry(): boolean { return (this.returnFlags & CF) !== 0 }
  set carry(on: boolean) { this.#setReturnFlag(CF, on) }
  set zero(on: boolean) { this.#setReturnFlag(ZF, on) }
  set interrupts(on: boolean) { this.#setReturnFlag(IF, on) }

  /**
   * The carry flag that the ROM's stub looks at right after the firmware call: set, it takes its other way (wait and
   * try again, or stop).
   */
  setStubCarry(on: boolean): void {
    this.state.arithmeticFlags = on ? CF : 0
  }

  /** CS:IP of the stub, as long as its OUT executes. */
  get stub(): { cs: number; ip: number } {
    return { cs: this.state.selector(CS), ip: Number(this.state.rip & 0xffffn) }
  }

  #set(register: number, size: 8 | 16 | 32, value: number): void {
    this.state.setReg(register, size, BigInt(value >>> 0) & ((1n << BigInt(size)) - 1n))
  }

  #setReturnFlag(mask: number, on: boolean): void {
    this.returnFlags = on ? this.returnFlags | mask : this.returnFlags & ~mask
  }

  #linear(segment: number, offset: number): number {
    return (Number(this.state.base(segment) & 0xffff_ffffn) + (offset & 0xffff)) >>> 0
  }

  #frame(displacement: number): number {
    return this.onStack(this.pushed + displacement)
  }
}
