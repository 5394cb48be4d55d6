/** Debian's GRUB as a judge: a CD with it and a kernel. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { requireTool } from './tools'

export interface GrubCd {
  kernel: Uint8Array
  /** GRUB's commands: the version of Multiboot. */
  multiboot: 1 | 2
  commandLine: string
  modules: readonly { bytes: Uint8Array; commandLine: string }[]
  /** Whether the kernel gets the graphics mode it asks for, instead of text. */
  graphics?: boolean | undefined
}

/** Whether everything is there that a CD needs; in CI it must be. */
export function hasGrub(): boolean {
  return ['grub-mkrescue', 'grub-file', 'xorriso', 'mformat'].every((tool) => requireTool(tool) !== undefined)
}

/** What grub-file says about a kernel. */
export function grubAccepts(kernel: Uint8Array, multiboot: 1 | 2): boolean {
  return inFolder((folder) => {
    const path = join(folder, 'kernel')
    writeFileSync(path, kernel)
    try {
      execFileSync('grub-file', [multiboot === 1 ? '--is-x86-multiboot' : '--is-x86-multiboot2', path])
      return true
    } catch (error) {
      if (error instanceof Error && 'status' in error && error.status === 1) return false
      throw error
    }
  })
}

/** A CD whose GRUB runs these commands. @param files by their path on the CD */
export function grubCdOf(commands: readonly string[], files: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  return inFolder((folder) => {
    const root = join(folder, 'root')
    for (const [path, bytes] of Object.entries({ ...files, 'boot/grub/grub.cfg': Buffer.from(`${commands.join('\n')}\n`) })) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), bytes)
    }
    const cd = join(folder, 'cd.iso')
    execFileSync('grub-mkrescue', ['--directory=/usr/lib/grub/i386-pc', '-o', cd, root], { stdio: 'pipe' })
    return new Uint8Array(readFileSync(cd))
  })
}

/** The CD's bytes. */
export function grubCd({ kernel, multiboot, commandLine, modules, graphics = false }: GrubCd): Uint8Array {
  const suffix = multiboot === 1 ? '' : '2'
  const commands = [
    graphics ? 'insmod all_video' : 'set gfxpayload=text',
    `multiboot${suffix} /boot/kernel ${commandLine}`,
    ...modules.map((module, index) => `module${suffix} /boot/module${index} ${module.commandLine}`),
    'boot',
  ]
  return grubCdOf(commands, { 'boot/kernel': kernel, ...Object.fromEntries(modules.map(({ bytes }, index) => [`boot/module${index}`, bytes])) })
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-grub-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
