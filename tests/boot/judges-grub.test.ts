/** GRUB as the judge of our templates and of the detector: what it boots, and what grub-file takes a file for. Alone: 15 s. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findLinuxHeader } from '../../src/main/image/linux'
import { findMultibootHeader } from '../../src/main/image/multiboot'
import { findMultiboot2Header } from '../../src/main/image/multiboot2'
import { createProject } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { grubAccepts, grubCd, hasGrub } from '../support/grub'
import { debianLinux, memtest } from '../support/linux'
import { findQemu } from '../support/qemu'
import { bootImage } from './qemu-judge'

const folder = mkdtempSync(join(tmpdir(), 'bootlab-judges-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const templatesDir = join(locate().resources, 'templates')
const builder = new Builder()
const built = new Map<string, Promise<Uint8Array>>()

/** The kernel of a template, built once. */
function kernelOf(template: string): Promise<Uint8Array> {
  const before = built.get(template)
  if (before) return before
  const made = (async () => {
    const dir = join(folder, template)
    await createProject({ templatesDir, template, dir })
    const { result } = await builder.build(dir)
    if (result.elfPath === undefined) throw new Error(`${template} does not build: ${JSON.stringify(result.problems)}`)
    return new Uint8Array(readFileSync(result.elfPath))
  })()
  built.set(template, made)
  return made
}

const TEMPLATES: readonly [id: string, multiboot: 1 | 2, shows: string][] = [
  ['miniboot-c', 1, 'Hello, World !!'],
  ['higher-half-c', 1, 'Hello from the higher half!'],
  ['multiboot2-c', 2, 'All tags were read.'],
]

describe.skipIf(!hasGrub() || findQemu() === undefined)('GRUB boots the template', () => {
  test.each(TEMPLATES)('%s', async (id, multiboot, shows) => {
    const cd = grubCd({ kernel: await kernelOf(id), multiboot, commandLine: 'from GRUB', modules: [] })
    const run = await bootImage(cd, { timeoutMs: 25_000, disk: 'CD', untilText: shows })
    expect(run.exit).toEqual({ reason: 'text' })
  })
})

const FILES: readonly [name: string, file: () => Promise<Uint8Array | undefined>][] = [
  ...['miniboot-c', 'higher-half-c', 'multiboot2-c', 'blog-os-c', 'limine-c'].map((id): [string, () => Promise<Uint8Array>] => [`the template ${id}`, () => kernelOf(id)]),
  ['memtest86+x64.bin', async () => memtest('memtest86+x64.bin')],
  ['memtest86+ia32.bin', async () => memtest('memtest86+ia32.bin')],
  ['Debian’s Linux', async () => debianLinux()],
]

describe.skipIf(!hasGrub())('the detector agrees with grub-file on', () => {
  test.each(FILES)('%s', async (_name, fileOf) => {
    const file = await fileOf()
    // Only a developer's machine may lack a judge's file.
    if (file === undefined) return expect(process.env['CI']).toBeUndefined()
    const ours = [findMultibootHeader(file).header !== undefined, findMultiboot2Header(file).header !== undefined, findLinuxHeader(file) !== undefined]
    expect(ours).toEqual([grubAccepts(file, 1), grubAccepts(file, 2), grubTakesForLinux(file)])
  })
})

function grubTakesForLinux(file: Uint8Array): boolean {
  const path = join(folder, 'file')
  writeFileSync(path, file)
  try {
    execFileSync('grub-file', ['--is-x86-linux', path])
    return true
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 1) return false
    throw error
  }
}
