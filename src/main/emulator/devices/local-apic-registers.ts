/** Registers of a local APIC and their bits (Intel SDM vol. 3A, chapter 10). */

/** Offsets of the registers in memory. An MSR's number is 800h + offset / 16. */
export const Apic = {
  id: 0x20, version: 0x30, taskPriority: 0x80, arbitrationPriority: 0x90, processorPriority: 0xa0, endOfInterrupt: 0xb0, logicalDestination: 0xd0, destinationFormat: 0xe0, spurious: 0xf0,
  inService: 0x100, triggerMode: 0x180, requested: 0x200, errors: 0x280, command: 0x300, commandHigh: 0x310, timer: 0x320, thermal: 0x330, performance: 0x340, lint0: 0x350, lint1: 0x360, error: 0x370,
  initialCount: 0x380, currentCount: 0x390, divide: 0x3e0, selfInterrupt: 0x3f0,
} as const

export const APIC_BASE = 0xfee0_0000
export const APIC_BYTES = 0x1000
/** Bits of IA32_APIC_BASE. */
export const BASE_BSP = 1n << 8n
export const BASE_X2APIC = 1n << 10n
export const BASE_ENABLE = 1n << 11n
export const BASE_MODE = BASE_ENABLE | BASE_X2APIC
export const BASE_RESERVED = 0x2ffn

/** Version 14h, six local vectors. */
export const VERSION = 0x0005_0014
export const SPURIOUS_RESET = 0xff
export const SOFTWARE_ENABLE = 0x100
export const SPURIOUS_WRITABLE = 0x3ff
export const LVT_MASKED = 0x1_0000
export const LVT_MODE_SHIFT = 8
/** Bits of each local vector that can be written. */
export const LOCAL_VECTORS = {
  [Apic.timer]: 0x7_00ff, [Apic.thermal]: 0x1_07ff, [Apic.performance]: 0x1_07ff, [Apic.lint0]: 0x1_a7ff, [Apic.lint1]: 0x1_a7ff, [Apic.error]: 0x1_00ff,
} as const
export type LocalVector = keyof typeof LOCAL_VECTORS
export const LVT_OFFSETS: readonly LocalVector[] = [Apic.timer, Apic.thermal, Apic.performance, Apic.lint0, Apic.lint1, Apic.error]
export const TIMER_MODE_SHIFT = 17
export const LOWEST_VECTOR = 16
/** Error status register. */
export const ERROR = { sendIllegalVector: 0x20, receivedIllegalVector: 0x40, illegalRegister: 0x80 } as const
/** Interrupt command register. */
export const COMMAND_WRITABLE = 0xc_cfff
export const COMMAND_LOGICAL = 0x800
export const COMMAND_ASSERT = 0x4000
export const COMMAND_LEVEL = 0x8000
export const Shorthand = { none: 0, self: 1, all: 2, others: 3 } as const
export const FLAT_MODEL = 0xf

export const FIRST_MSR = 0x800
export const LAST_MSR = 0x8ff
