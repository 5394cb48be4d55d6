/** Debian's GRUB as a judge: a CD with it and a kernel. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** The CD's bytes. */
export function grubCd({ kernel, multiboot, commandLine, modules, graphics = false }: GrubCd): Uint8Array {
  return inFolder((folder) => {
    const boot = join(folder, 'root', 'boot')
    mkdirSync(join(boot, 'grub'), { recursive: true })
    writeFileSync(join(boot, 'kernel'), kernel)
    for (const [index, { bytes }] of modules.entries()) writeFileSync(join(boot, `module${index}`), bytes)
    const suffix = multiboot === 1 ? '' : '2'
    const commands = [
      graphics ? 'insmod all_video' : 'set gfxpayload=text',
      `multiboot${suffix} /boot/kernel ${commandLine}`,
      ...modules.map((module, index) => `module${suffix} /boot/module${index} ${module.commandLine}`),
      'boot',
    ]
    writeFileSync(join(boot, 'grub', 'grub.cfg'), `${commands.join('\n')}\n`)
    const cd = join(folder, 'cd.iso')
    execFileSync('grub-mkrescue', ['--directory=/usr/lib/grub/i386-pc', '-o', cd, join(folder, 'root')], { stdio: 'pipe' })
    return new Uint8Array(readFileSync(cd))
  })
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-grub-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
