import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createProject, openProject, type Project } from '../../project'
import { buildKernel } from '../build'
import { projectFrom, temporaryFolder, templatesDir } from '../testing'

const SOURCES = ['a.c', 'b.c', 'c.S']
const files = (version: number): Record<string, string> => ({
  'bootlab.json': JSON.stringify({ name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: SOURCES }),
  'a.c': `int b(void);\nvoid start_entry(void) { for (;;) b(); }\nint version = ${version};\n`,
  'b.c': `int c(void);\nint b(void) { return c() + ${version}; }\n`,
  'c.S': `.globl c\nc: movl $${version}, %eax\nret\n`,
})

async function edit(project: Project, version: number): Promise<void> {
  for (const [name, text] of Object.entries(files(version))) await writeFile(join(project.dir, name), text)
}

/** Every file of the build folder that is not what the next build needs: half-written ones would be among them. */
async function leftovers(project: Project): Promise<string[]> {
  const names = await readdir(join(project.dir, 'build'), { recursive: true })
  return names.filter((name) => /\.tmp(\.|$)/.test(name))
}

it('a build that is cancelled, whenever that is, leaves the last good output as it was', async () => {
  const project = await projectFrom('miniboot-c', files(1))
  const first = await buildKernel(project)
  if (!first.ok) throw new Error(JSON.stringify(first.problems))
  const path = first.elfPath ?? ''
  const before = await readFile(path)
  let cancelled = 0
  for (let version = 2; version < 30; version++) {
    await edit(project, version)
    const controller = new AbortController()
    // Ever later: after so many turns of the event loop.
    const after = (version - 2) * (version - 2)
    const run = buildKernel(project, { signal: controller.signal })
    for (let turn = 0; turn < after; turn++) await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    const result = await run.catch((error: unknown) => error)
    if (result instanceof Error) {
      cancelled += 1
      expect(result.message).toBe('enough')
      expect((await readFile(path)).equals(before)).toBe(true)
    } else before.fill(0)
    expect(await leftovers(project)).toEqual([])
    if (!(result instanceof Error)) break
  }
  expect(cancelled).toBeGreaterThan(0)
  const last = await buildKernel(project)
  expect(last.ok).toBe(true)
  expect((await readFile(path)).equals(before)).toBe(false)
})

it('a build with errors leaves the last good output as it was', async () => {
  const project = await projectFrom('miniboot-c', files(1))
  const first = await buildKernel(project)
  const path = (first.ok && first.elfPath) || ''
  const before = await readFile(path)
  await writeFile(join(project.dir, 'b.c'), 'int b(void) { return nothing; }\n')
  expect((await buildKernel(project)).ok).toBe(false)
  expect((await readFile(path)).equals(before)).toBe(true)
  expect(await leftovers(project)).toEqual([])
})

it('a project that is deleted during the build does not come back, and that is said', async () => {
  const project = await projectFrom('miniboot-c', files(1))
  let deleted: Promise<void> | undefined
  const result = await buildKernel(project, { onLog: () => (deleted ??= rm(project.dir, { recursive: true, force: true, maxRetries: 9, retryDelay: 20 })) })
  await deleted
  expect(result.ok).toBe(false)
  expect(result.problems.length).toBeGreaterThan(0)
  await expect(readdir(project.dir)).rejects.toThrow(/ENOENT/)
})

/** A small file system of its own, where the tests run as root and may mount one. */
async function smallDisk(kilobytes: number): Promise<string | undefined> {
  const dir = await temporaryFolder()
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', dir]).status !== 0) return undefined
  onTestFinished(() => {
    spawnSync('umount', ['-l', dir])
  })
  return dir
}

const CANNOT_MOUNT = 'only root, where mounting is allowed, can have a small or read-only disk'

describe('on a disk of its own', () => {
  it('that is full, the build says so and what was built stays', async ({ skip }) => {
    const disk = await smallDisk(512)
    if (disk === undefined) return skip(CANNOT_MOUNT)
    const dir = join(disk, 'project')
    await createProject({ templatesDir, template: 'miniboot-c', dir })
    const project = await openProject(dir)
    const first = await buildKernel(project)
    if (!first.ok) throw new Error(JSON.stringify(first.problems))
    const before = await readFile(first.elfPath ?? '')
    await writeFile(join(dir, 'kernel.c'), `${await readFile(join(dir, 'kernel.c'), 'utf8')}\nconst char filler[100000] = {1};\n`)
    const filled = spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1k'])
    expect(filled.status).not.toBe(0)
    const second = await buildKernel(project)
    expect(second.ok).toBe(false)
    expect(second.problems.map(({ message, next }) => `${message} ${next}`).join('\n')).toMatch(/No space left on device|ENOSPC[^]*Make room/)
    expect(second.problems.map(({ next }) => next).join('\n')).toContain('Make room')
    expect((await readFile(first.elfPath ?? '')).equals(before)).toBe(true)
    await rm(join(disk, 'filler'))
    expect(await leftovers(project)).toEqual([])
    expect((await buildKernel(project)).ok).toBe(true)
  })

  it('that is read-only, the build says so', async ({ skip }) => {
    const disk = await smallDisk(1024)
    if (disk === undefined) return skip(CANNOT_MOUNT)
    const dir = join(disk, 'project')
    await mkdir(dir)
    await createProject({ templatesDir, template: 'miniboot-c', dir })
    const project = await openProject(dir)
    if (spawnSync('mount', ['-o', 'remount,ro', disk]).status !== 0) return skip(CANNOT_MOUNT)
    const result = await buildKernel(project)
    expect(result.ok).toBe(false)
    expect(result.problems).toMatchObject([{ message: expect.stringMatching(/^The disk is read-only: .*build/), next: 'Copy the project to a place that you may write to.' }])
  })
})
