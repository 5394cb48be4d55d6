/** Names of the processors that a machine can have, from the oldest to the newest; `max` is all that the emulator knows. */
export const CPU_MODEL_NAMES = ['8086', '286', '386', '486', 'pentium', 'core2', 'haswell', 'max'] as const
export type CpuModelName = (typeof CPU_MODEL_NAMES)[number]

/** Whether several of a model can be in one computer: those before the Pentium have no local APIC. */
export function canBeSeveral(model: CpuModelName): boolean {
  return CPU_MODEL_NAMES.indexOf(model) >= CPU_MODEL_NAMES.indexOf('pentium')
}
