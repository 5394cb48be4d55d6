/** Debian's GRUB rescue images on our own firmware, as diskette, CD and disk: to the prompt, to the list of drives, and to kernels on another disk. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createProject } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import type { BootMedium } from '../../src/shared/machine-schemas'
import { memtest } from '../support/linux'
import { findQemu } from '../support/qemu'
import { requireTool } from '../support/tools'
import { type Climb, climb, debianFile, fatDisk, told } from './ladder'
import { bootImage } from './qemu-judge'

const LIMIT = 90_000
const FOLDER = '/usr/lib/grub-rescue'
const rescue = debianFile(join(FOLDER, 'grub-rescue-floppy.img'), 'grub-rescue-pc')
const toPrompt = { afterText: 'The highlighted entry will be executed', keys: 'c' }

const imageOf = (file: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, file)))
const folder = mkdtempSync(join(tmpdir(), 'bootlab-ladder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** GRUB is booted from `file`; a kernel lies on another hard disk. */
function fromAnotherDisk(file: string, medium: BootMedium, program: Uint8Array, keys: string, untilText: string): Climb {
  const drives = [{ image: fatDisk({ kernel: program }), medium: 'disk', readOnly: true }] as const
  return climb({ image: imageOf(file), medium, drives, steps: [toPrompt, { afterText: 'grub>', keys }], untilText, seconds: 30 })
}

async function inQemu(image: Uint8Array): Promise<{ seconds: number; screenText: string }> {
  const start = performance.now()
  const { screenText } = await bootImage(image, { timeoutMs: 40_000, memory: '64M', disk: 'diskette', untilText: '(fd0)', keys: { afterText: toPrompt.afterText, text: 'cls\n' } })
  return { seconds: (performance.now() - start) / 1000, screenText }
}

describe.skipIf(rescue === undefined)('GRUB on our own firmware', () => {
  test('comes to its prompt on a diskette, lists its drives, and switches the PC off through APM', { timeout: LIMIT }, async () => {
    const run = climb({ image: imageOf('grub-rescue-floppy.img'), medium: 'floppy', steps: [toPrompt, { afterText: 'grub>', keys: 'ls\n' }, { afterText: '(fd0)', keys: 'halt\n' }], seconds: 30 })
    expect(run.lines.join('\n')).toContain('(fd0)')
    expect(run.outcome).toEqual({ reason: 'power-off' })
    const qemu = findQemu() === undefined ? undefined : await inQemu(imageOf('grub-rescue-floppy.img'))
    console.log(told('GRUB on a diskette', run, qemu?.seconds))
    if (qemu) expect(qemu.screenText).toContain('(fd0)')
  })

  test.skipIf(requireTool('mformat') === undefined)('boots from a CD, and a kernel of ours from a hard disk by Multiboot', { timeout: LIMIT }, async () => {
    const dir = join(folder, 'kernel')
    await createProject({ templatesDir: join(locate().resources, 'templates'), template: 'miniboot-c', dir })
    const { result } = await new Builder().build(dir)
    if (result.elfPath === undefined) throw new Error(`The template does not build: ${JSON.stringify(result.problems)}`)
    const run = fromAnotherDisk('grub-rescue-cdrom.iso', 'cd', new Uint8Array(readFileSync(result.elfPath)), 'multiboot (hd0)/kernel\nboot\n', 'Hello, World !!')
    console.log(told('GRUB on a CD, Multiboot', run))
    expect(run.lines.join('\n')).toContain('Hello, World !!')
  })

  test.skipIf(requireTool('mformat') === undefined)('boots from a hard disk, and memtest86+ from a second one by the Linux protocol', { timeout: LIMIT }, () => {
    const program = memtest('memtest86+ia32.bin')
    if (!program) return
    const run = fromAnotherDisk('grub-rescue-usb.img', 'disk', program, 'linux (hd1)/kernel\nboot\n', 'Memtest86+ v')
    console.log(told('GRUB on a hard disk, Linux protocol', run))
    expect(run.lines[0]).toContain('Memtest86+ v')
  })
})
