/**
 * `[package.metadata.bootloader]` of a kernel's Cargo.toml, as the bootloader crate reads it (bootloader 0.9, build.rs: addresses are
 * strings, decimal or with 0x, multiples of 4096).
 */
import type { BootloaderCrate } from '../../../shared/boot'
import type { Problem } from '../../../shared/problems'
import type { CargoPackage } from './cargo-facts'

const ADDRESSES: Readonly<Record<string, 'kernelStackAddress' | 'bootInfoAddress' | 'physicalMemoryOffset'>> = {
  'kernel-stack-address': 'kernelStackAddress',
  'boot-info-address': 'bootInfoAddress',
  'physical-memory-offset': 'physicalMemoryOffset',
}
const PAGE = 4096n

export interface BootloaderPlan {
  bootloader: BootloaderCrate
  problems: Problem[]
}

/** How the bootloader crate is to start a kernel; undefined when the kernel does not depend on it, or on one that finds its configuration in the kernel itself (0.10 and later). */
export function bootloaderPlan({ bootloader: crate, metadata }: Pick<CargoPackage, 'bootloader' | 'metadata'>, file: string): BootloaderPlan | undefined {
  if (crate === undefined || !/^0\.[0-9]\./.test(crate.version)) return undefined
  const bootloader: BootloaderCrate = { version: crate.version, features: crate.features }
  const problems: Problem[] = []
  const refuse = (key: string, message: string, next: string): void => {
    problems.push({ severity: 'error', source: 'cargo', file, message: `[package.metadata.bootloader] ${key}: ${message}`, next })
  }
  for (const [key, value] of Object.entries(section(metadata, 'bootloader'))) {
    const address = ADDRESSES[key]
    if (key === 'kernel-stack-size') {
      if (typeof value === 'number' && Number.isInteger(value) && value > 0) bootloader.kernelStackPages = value
      else refuse(key, `${JSON.stringify(value)} is not a number of pages.`, 'Write a whole number from 1, without quotes: pages of 4096 bytes.')
    } else if (address === undefined) refuse(key, 'the bootloader crate knows no such key.', `Take it out, or correct it: ${Object.keys(ADDRESSES).join(', ')}, kernel-stack-size.`)
    else if (typeof value !== 'string' || !/^(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(value) || BigInt(value) >> 64n !== 0n)
      refuse(key, `${JSON.stringify(value)} is not an address in quotes.`, `Write it as text, because TOML has no unsigned 64-bit numbers: ${key} = "0xFFFF800000000000".`)
    else if (BigInt(value) % PAGE !== 0n) refuse(key, `${value} is not a multiple of 4096 (0x1000).`, 'Choose an address at the start of a page.')
    else if (key === 'physical-memory-offset' && !crate.features.includes('map_physical_memory'))
      refuse(key, 'it counts only with the feature map_physical_memory.', 'Add features = ["map_physical_memory"] to the dependency on bootloader.')
    else bootloader[address] = BigInt(value)
  }
  return { bootloader, problems }
}

/** A table below `[package.metadata]`; empty when there is none. */
export function section(metadata: unknown, name: string): Record<string, unknown> {
  const table = isTable(metadata) ? metadata[name] : undefined
  return isTable(table) ? table : {}
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
