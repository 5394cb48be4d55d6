import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
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

function project(boot: object | undefined, image?: object): Project {
  const result = parseManifest(JSON.stringify({ name: 'k', kind: 'prebuilt', file: 'k.bin', ...(boot && { boot }), ...(image && { image }) }))
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join())
  return { dir, manifest: result.manifest }
}

describe('what a manifest says about the boot', () => {
  it('is nothing when it is silent', async () => expect(await bootRequest(project(undefined))).toEqual({}))

  it('is protocol, address and the modules with their bytes', async () => {
    await writeFile(join(dir, 'one.bin'), Uint8Array.of(1, 2, 3))
    await writeFile(join(dir, 'two.bin'), '')
    const boot = { protocol: 'flat32', address: '0x7e00', compress: true, modules: [{ path: 'one.bin', cmdline: 'first', compress: true }, { path: 'two.bin' }] }
    expect(await bootRequest(project(boot))).toEqual({
      protocol: 'flat32',
      address: 0x7e00,
      compress: true,
      title: 'k',
      modules: [
        { name: 'one.bin', bytes: Uint8Array.of(1, 2, 3), commandLine: 'first', compress: true },
        { name: 'two.bin', bytes: new Uint8Array(), commandLine: '', compress: false },
      ],
      entries: [],
      timeout: undefined,
      default: 1,
      files: [],
    })
  })

  it('is the further kernels of the menu', async () => {
    await writeFile(join(dir, 'old.elf'), Uint8Array.of(9))
    const boot = { title: 'Mine', timeout: 5, default: 2, entries: [{ title: 'Old', kernel: 'old.elf', cmdline: 'quiet', protocol: 'elf32', modules: [{ path: 'old.elf' }] }] }
    expect(await bootRequest(project(boot))).toMatchObject({
      title: 'Mine',
      timeout: 5,
      default: 2,
      entries: [{ title: 'Old', kernel: Uint8Array.of(9), where: 'old.elf', commandLine: 'quiet', protocol: 'elf32', compress: false, modules: [{ name: 'old.elf' }] }],
    })
    expect(() => project({ default: 2 })).toThrow(/no such entry/)
  })

  it('is the files of the boot volume, folders with all that lies in them', async () => {
    await mkdir(join(dir, 'data', 'deep'), { recursive: true })
    await writeFile(join(dir, 'data', 'deep', 'b.txt'), 'b')
    await writeFile(join(dir, 'data', 'a.txt'), 'a')
    const image = { files: [{ path: 'data', to: '/files' }, { path: 'data/a.txt', to: '/A long name.txt' }] }
    const { files } = await bootRequest(project(undefined, image))
    expect(files?.map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)])).toEqual([['/files/a.txt', 'a'], ['/files/deep/b.txt', 'b'], ['/A long name.txt', 'a']])
    await expect(bootRequest(project(undefined, { files: [{ path: 'none', to: '/x' }] }))).rejects.toThrow(/does not exist/)
    await symlink(dir, join(dir, 'data', 'circle'))
    await expect(bootRequest(project(undefined, image))).rejects.toThrow(/more than 32 deep|more than 4096 files/)
    for (const to of ['relative', '/', '/a//b', '/../x', '/a:b', '/dot.']) expect(() => project(undefined, { files: [{ path: 'data', to }] }), to).toThrow()
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
