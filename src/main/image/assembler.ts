/** What the loader's build needs from a toolchain. The toolchain module provides it; this module never starts a compiler. */
export interface FlatSource {
  /** A plain file name. `.S` is preprocessed assembly (GNU syntax), `.c` is C, `.h` is included by the others. */
  name: string
  text: string
}

export interface FlatProgram {
  /** All in one folder that is on the include path; the `.S` and `.c` ones are compiled and linked in this order. */
  sources: FlatSource[]
  /** Text of a GNU linker script for 32-bit x86. */
  linkerScript: string
  /** Preprocessor definitions for every `.S` and `.c`. */
  defines: Record<string, string | number>
  /** Further clang flags for every `.S` and `.c`. */
  flags: string[]
}

/** Compiles for `x86-freestanding-none`, links, and returns the flat binary's bytes; rejects with the compiler's complaint. */
export type AssemblerFn = (program: FlatProgram, signal?: AbortSignal) => Promise<Uint8Array>

/** A program that becomes an EFI application; it starts at `efi_main(EFI_HANDLE, EFI_SYSTEM_TABLE *)`. */
export interface EfiProgram extends Omit<FlatProgram, 'linkerScript'> {
  machine: 'x64' | 'ia32'
}

/** Compiles, links, and returns the PE file's bytes; rejects with the compiler's complaint. */
export type EfiAssemblerFn = (program: EfiProgram, signal?: AbortSignal) => Promise<Uint8Array>
