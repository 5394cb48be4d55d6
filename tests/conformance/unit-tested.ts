/**
 * Instructions that vectors captured in user mode cannot judge, and the unit test that does: system instructions, port input and output, what
 * has no effect, what came with newer processors. Mnemonics by test file, with the encoding where others share the mnemonic; the file names each of them.
 */
export const UNIT_TESTED: Readonly<Record<string, readonly string[]>> = {
  'src/main/emulator/cpu/isa/system-instructions.test.ts': [
    'insb', 'insw', 'outsb', 'outsw', 'in', 'out', 'prefetcht0', 'prefetcht1', 'prefetcht2', 'prefetchw', 'nop', 'endbr64', 'endbr32', 'lldt', 'clts', 'invd', 'wbinvd',
    'clac', 'stac', 'cli', 'sti', 'hlt', 'sldt', 'str', 'smsw', 'lmsw', 'sgdt', 'sidt', 'lgdt', 'lidt', 'ltr', 'rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase', 'rdseed', 'clwb', 'clflushopt',
    'int', 'fneni', 'fndisi', 'fnsetpm', 'mov 0F 20', 'mov 0F 21', 'mov 0F 22', 'mov 0F 23',
  ],
  'src/main/emulator/cpu/isa/x87.test.ts': ['fxsave', 'fxrstor'],
  'src/main/emulator/cpu/isa/xsave.test.ts': ['xsave', 'xrstor', 'xsaveopt', 'xsavec'],
  'src/main/emulator/cpu/system/debug-registers.test.ts': ['int1'],
  'src/main/emulator/cpu/system/protection-keys.test.ts': ['rdpkru', 'wrpkru'],
  'src/main/emulator/cpu/system/extensions.test.ts': ['rdtscp', 'rdpid', 'rdrand', 'xgetbv', 'xsetbv', 'clflush', 'rdpmc', 'invpcid'],
  'src/main/emulator/cpu/system/modes.test.ts': ['cpuid', 'rdtsc', 'rdmsr', 'wrmsr'],
  'src/main/emulator/cpu/system/transfers.test.ts': ['syscall', 'sysret', 'sysenter', 'sysexit', 'swapgs'],
  'src/main/emulator/cpu/mmu/mmu.test.ts': ['invlpg'],
}
