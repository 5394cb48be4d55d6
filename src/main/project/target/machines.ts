/** The processors of Bootlab's PC, by the first part of an LLVM triple. */
const MACHINES: readonly { pattern: RegExp; machine: TargetMachine }[] = [
  { pattern: /^i[3-6]86$/, machine: { arch: 'x86', pointerWidth: 32, elf: 'elf_i386' } },
  { pattern: /^x86_64$/, machine: { arch: 'x86_64', pointerWidth: 64, elf: 'elf_x86_64' } },
]

export interface TargetMachine {
  /** Rust's name of the architecture. */
  arch: 'x86' | 'x86_64'
  pointerWidth: 32 | 64
  /** ld.lld's name (`-m`) of the object format. */
  elf: 'elf_i386' | 'elf_x86_64'
}

/** The machine of the PC that a triple is for; undefined for any other processor. */
export function machineOf(triple: string): TargetMachine | undefined {
  return MACHINES.find(({ pattern }) => pattern.test(triple.split('-')[0] ?? ''))?.machine
}
