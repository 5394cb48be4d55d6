import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isInside, projectRelative, resolveInside } from './paths'

let root: string
let project: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bootlab-paths-'))
  project = join(root, 'project')
  await mkdir(join(project, 'src'), { recursive: true })
  await writeFile(join(project, 'src', 'a.c'), '')
  await writeFile(join(root, 'secret'), '')
})
afterAll(() => rm(root, { recursive: true }))

describe('paths of a manifest', () => {
  it('resolve inside the project', async () => {
    expect(await resolveInside(project, 'src/a.c', 'source')).toBe(join(project, 'src', 'a.c'))
  })

  it('do not leave it through a symbolic link', async () => {
    await symlink(join(root, 'secret'), join(project, 'link.c'))
    await expect(resolveInside(project, 'link.c', 'source')).rejects.toThrow(/leads out of the project/)
  })

  it('must exist', async () => {
    await expect(resolveInside(project, 'b.c', 'source')).rejects.toThrow(/The source "b.c" does not exist/)
  })
})

it('a name that starts with two dots is not a way out', () => {
  expect(isInside('/p', '/p/..a')).toBe(true)
  expect(isInside('/p', '/q')).toBe(false)
  expect(isInside('/p', '/')).toBe(false)
})

it('problems show paths relative to the project', () => {
  expect(projectRelative('/p', '/p/src/a.c')).toBe('src/a.c')
  expect(projectRelative('/p', '/usr/include/stdint.h')).toBe('/usr/include/stdint.h')
})
