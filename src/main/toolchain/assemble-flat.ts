import { assemble, type Assembly, LINKED } from './assemble'

/** A program that becomes a flat binary for 32-bit x86. */
export interface FlatAssembly extends Assembly {
  /** Text of a GNU linker script. */
  linkerScript: string
}

/**
 * Compile, link and return a flat binary.
 * @throws ToolError with the compiler's words; the signal's reason when cancelled
 */
export async function assembleFlat({ linkerScript, ...assembly }: FlatAssembly, signal?: AbortSignal): Promise<Uint8Array> {
  return assemble(
    assembly,
    {
      target: 'i386-unknown-none',
      targetFlags: [],
      linker: 'ld.lld',
      linkArguments: ['-m', 'elf_i386', '--color-diagnostics=never', '--build-id=none', '-T', 'link.ld', '--oformat=binary', '-o', LINKED],
      linkerInput: { name: 'link.ld', text: linkerScript },
    },
    signal,
  )
}
