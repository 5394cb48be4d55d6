import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { folderFiles } from './files'

const top = mkdtempSync(join(tmpdir(), 'bootlab-files-'))
const root = join(top, 'served')
mkdirSync(join(root, 'sub'), { recursive: true })
writeFileSync(join(top, 'secret'), 'secret')
mkdirSync(join(top, 'served-too'))
writeFileSync(join(top, 'served-too', 'secret'), 'secret')
writeFileSync(join(root, 'kernel'), 'kernel')
writeFileSync(join(root, 'sub', 'module'), 'module')
symlinkSync(join(top, 'secret'), join(root, 'link-out'))
symlinkSync('..', join(root, 'sub', 'up'))
symlinkSync(join('sub', 'module'), join(root, 'link-in'))
afterAll(() => rmSync(top, { recursive: true, force: true }))

const read = (path: string): string | undefined => {
  const bytes = folderFiles(root).read(path)
  return bytes && Buffer.from(bytes).toString()
}

describe('files of a folder', () => {
  test.each([['kernel', 'kernel'], ['/kernel', 'kernel'], ['//sub/./module', 'module'], ['link-in', 'module'], ['sub/up/kernel', 'kernel']])('%s is given', (path, text) => {
    expect(read(path)).toBe(text)
  })

  test.each(['', '/', '.', 'other', 'sub', '../secret', 'sub/../../secret', 'sub/..\\..\\secret', 'link-out', 'sub/up/up/secret', '../served-too/secret', 'kernel\0', `${'x'.repeat(5000)}`, 'C:/secret', 'kernel/'.repeat(3)])('%j is not', (path) => {
    expect(read(path)).toBeUndefined()
  })

  test.skipIf(process.platform === 'win32')('a named pipe neither', () => {
    expect(spawnSync('mkfifo', [join(root, 'pipe')]).status).toBe(0)
    expect(read('pipe')).toBeUndefined()
  })

  test('a folder that is not there is an error', () => {
    expect(() => folderFiles(join(top, 'nowhere'))).toThrow(/ENOENT/)
  })
})
