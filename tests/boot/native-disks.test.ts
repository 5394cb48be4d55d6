/** Disk and CD without the BIOS: GRUB's own driver for PATA finds the channels, identifies the drives and reads their file systems. About 3 s alone. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createProject } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { grubCdOf, hasGrub } from '../support/grub'
import { runInOwnPc } from './own-pc'

const TIMEOUT_MS = 120_000
const folder = mkdtempSync(join(tmpdir(), 'bootlab-native-disks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Once the driver is there, the BIOS's disks are not, and nothing more is loaded from them. */
const COMMANDS = [
  ...['echo', 'cat', 'ls', 'sleep', 'part_msdos', 'fat', 'iso9660'].map((name) => `insmod ${name}`),
  'set timeout=0',
  'menuentry "native" {',
  'insmod pata',
  'cat (ata2)/hello.txt',
  'ls (ata0,msdos1)/',
  'echo DONE',
  'sleep 100',
  '}',
]

describe.skipIf(!hasGrub())("GRUB's own driver", () => {
  test('reads a file of the CD, and the root folder of the disk', { timeout: TIMEOUT_MS }, async () => {
    const dir = join(folder, 'project')
    await createProject({ templatesDir: join(locate().resources, 'templates'), template: 'miniboot-c', dir })
    const { image } = await new Builder().build(dir)
    if (!image) throw new Error('The disk cannot be built.')
    const cd = grubCdOf(COMMANDS, { 'hello.txt': Buffer.from('Read by the native driver.\n') })
    const run = runInOwnPc(cd, { backend: DEFAULT_BACKEND, seconds: 20, medium: 'cd', drives: [{ image, medium: 'disk', readOnly: true }], untilText: 'DONE' })
    expect(run.screenFlow).toContain('Read by the native driver.')
    expect(run.screenFlow).toMatch(/boot\/ +efi\/ +DONE/)
  })
})
