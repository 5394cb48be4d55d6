import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** The one command that installs Rust with the sources of core. */
export function installRust(platform: string = process.platform): string {
  return platform === 'win32'
    ? 'winget install Rustlang.Rustup'
    : "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --component rust-src"
}

/** The one command that adds rust-src to the toolchain in a sysroot. */
export function installRustSource(sysroot: string, exists: (path: string) => boolean = existsSync): string {
  // rustup keeps toolchains in <home>/toolchains/<name>.
  if (basename(dirname(sysroot)) === 'toolchains') return `rustup component add rust-src --toolchain ${basename(sysroot)}`
  if (exists('/usr/share/doc/rustc-web')) return 'sudo apt-get install rust-web-src'
  if (sysroot === '/usr' && exists('/etc/debian_version')) return 'sudo apt-get install rust-src'
  if (sysroot === '/usr' && exists('/etc/fedora-release')) return 'sudo dnf install rust-src'
  if (sysroot === '/usr' && exists('/etc/arch-release')) return 'sudo pacman -S rust-src'
  return installRust()
}

/** The one command that brings a newer Rust than the one in a sysroot. */
export function updateRust(sysroot: string): string {
  // A distribution's Rust is as new as the distribution: rustup brings one beside it.
  return basename(dirname(sysroot)) === 'toolchains' ? `rustup update ${basename(sysroot).split('-')[0] ?? ''}` : installRust()
}

/** The one command that installs the linker that rustc uses for programs of the computer itself. */
export function installHostLinker(platform: string = process.platform, exists: (path: string) => boolean = existsSync): string {
  if (platform === 'win32') return 'winget install Microsoft.VisualStudio.2022.BuildTools --override "--add Microsoft.VisualStudio.Workload.VCTools"'
  if (platform === 'darwin') return 'xcode-select --install'
  if (exists('/etc/fedora-release')) return 'sudo dnf install gcc'
  if (exists('/etc/arch-release')) return 'sudo pacman -S gcc'
  return 'sudo apt-get install gcc'
}

/** What to do when rustc itself fails to start. */
export function brokenRustc(stderr: string): string {
  if (/rustup could not choose a version|no default toolchain|no override and no default toolchain/.test(stderr)) return 'Choose one with: rustup default stable'
  const missing = /toolchain '([^']+)' is not installed/.exec(stderr)?.[1]
  if (missing !== undefined) return `Install it with: rustup toolchain install ${missing} --component rust-src`
  return `Install Rust again with: ${installRust()}`
}
