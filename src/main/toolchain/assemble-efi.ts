import { assemble, type Assembly, LINKED, type Recipe } from './assemble'

/** A program that becomes an EFI application; it starts at `efi_main(EFI_HANDLE, EFI_SYSTEM_TABLE *)`. */
export interface EfiAssembly extends Assembly {
  machine: 'x64' | 'ia32'
}

/**
 * UEFI's calling conventions, structure layout and executable format are Windows's (UEFI Specification 2.10, 2.3.2 "IA-32 Platforms", 2.3.4 "x64
 * Platforms"). Nothing may stand in the file that another build of the same sources would not have: no time stamp.
 */
const TARGET_FLAGS = ['-mno-incremental-linker-compatible', '-mno-stack-arg-probe']
const MACHINES: Readonly<Record<EfiAssembly['machine'], Pick<Recipe, 'target' | 'linkArguments'>>> = {
  x64: { target: 'x86_64-unknown-windows-msvc', linkArguments: ['-machine:x64'] },
  ia32: { target: 'i386-unknown-windows-msvc', linkArguments: ['-machine:x86', '-safeseh:no'] },
}
/** It fetches and runs code of its own making, so it is not announced as one that keeps data and code apart. */
const LINK_ARGUMENTS = ['-subsystem:efi_application', '-entry:efi_main', '-nodefaultlib', '-nxcompat:no', '-timestamp:0', `-out:${LINKED}`]

/**
 * Compile, link and return an EFI application (PE32+ or PE32).
 * @throws ToolError with the compiler's words; the signal's reason when cancelled
 */
export async function assembleEfi({ machine, ...assembly }: EfiAssembly, signal?: AbortSignal): Promise<Uint8Array> {
  const { target, linkArguments } = MACHINES[machine]
  return assemble(assembly, { target, targetFlags: TARGET_FLAGS, linker: 'lld-link', linkArguments: [...linkArguments, ...LINK_ARGUMENTS] }, signal)
}
