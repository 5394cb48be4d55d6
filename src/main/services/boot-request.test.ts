import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ImageError } from '../image'
import { parseManifest, type Project } from '../project'
import { bootRequest } from './boot-request'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bootlab-boot-request-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

function project(boot: object | undefined): Project {
  const result = parseManifest(JSON.stringify({ name: 'k', kind: 'prebuilt', file: 'k.bin', ...(boot && { boot }) }))
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join())
  return { dir, manifest: result.manifest }
}

describe('what a manifest says about the boot', () => {
  it('is nothing when it is silent', async () => expect(await bootRequest(project(undefined))).toEqual({}))

  it('is protocol, address and the modules with their bytes', async () => {
    await writeFile(join(dir, 'one.bin'), Uint8Array.of(1, 2, 3))
    await writeFile(join(dir, 'two.bin'), '')
    const boot = { protocol: 'flat32', address: '0x7e00', modules: [{ path: 'one.bin', cmdline: 'first' }, { path: 'two.bin' }] }
    expect(await bootRequest(project(boot))).toEqual({
      protocol: 'flat32',
      address: 0x7e00,
      modules: [
        { bytes: Uint8Array.of(1, 2, 3), commandLine: 'first' },
        { bytes: new Uint8Array(), commandLine: '' },
      ],
    })
  })

  it('is refused when a module is missing, a folder, or outside', async () => {
    await symlink('/etc/hostname', join(dir, 'outside'))
    for (const [path, says] of [['missing.bin', /does not exist/], ['.', /cannot be read/], ['outside', /leads out of the project/]] as const) {
      const request = bootRequest(project({ modules: [{ path }] }))
      await expect(request).rejects.toThrow(ImageError)
      await expect(request).rejects.toThrow(says)
    }
  })

  it('is checked by the manifest', () => {
    for (const boot of [{ protocol: 'grub' }, { address: '7e00h' }, { address: '0x100000000' }, { address: '9999999999' }, { modules: [{ path: '../secret' }] }, { modules: [{}] }])
      expect(() => project(boot), JSON.stringify(boot)).toThrow()
  })
})
