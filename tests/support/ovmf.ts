/** Debian's OVMF as a judge: UEFI firmware for QEMU's machines. */
import { existsSync } from 'node:fs'

export type Firmware = 'BIOS' | 'UEFI x64' | 'UEFI IA32'

interface Build {
  code: string
  variables: string
  /** The machine it is built for. */
  machine: string[]
}

const FOLDER = '/usr/share/OVMF'
const BUILDS: Readonly<Record<Exclude<Firmware, 'BIOS'>, Build>> = {
  'UEFI x64': { code: 'OVMF_CODE_4M.fd', variables: 'OVMF_VARS_4M.fd', machine: [] },
  // Debian's only 32-bit build keeps its variables behind system management mode; Secure Boot is off in its variables.
  'UEFI IA32': {
    code: 'OVMF32_CODE_4M.secboot.fd',
    variables: 'OVMF32_VARS_4M.fd',
    machine: ['-machine', 'q35,smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on'],
  },
}

/** Whether this firmware is here; in CI it must be. */
export function hasFirmware(firmware: Firmware): boolean {
  if (firmware === 'BIOS') return true
  const { code, variables } = BUILDS[firmware]
  const missing = [code, variables].find((file) => !existsSync(`${FOLDER}/${file}`))
  if (missing !== undefined && process.env['CI']) throw new Error(`${FOLDER}/${missing} does not exist, and CI needs it as a judge: install ovmf and ovmf-ia32.`)
  return missing === undefined
}

/** QEMU's arguments; nothing is ever written to the firmware's variables. */
export function firmwareArguments(firmware: Firmware): string[] {
  if (firmware === 'BIOS') return []
  const { code, variables, machine } = BUILDS[firmware]
  const flash = (unit: number, file: string, how: string): string[] => ['-drive', `if=pflash,unit=${unit},format=raw,${how},file=${FOLDER}/${file}`]
  return [...machine, ...flash(0, code, 'readonly=on'), ...flash(1, variables, 'snapshot=on')]
}
