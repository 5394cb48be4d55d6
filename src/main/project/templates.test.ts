import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesToOpen } from './project'
import { readTargetSpec } from './target/target-spec'
import { createProject, listTemplates } from './templates'

const templatesDir = join(import.meta.dirname, '../../../resources/templates')
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bootlab-templates-'))
})
afterAll(() => rm(dir, { recursive: true }))

describe('templates', () => {
  it('are listed in their order, each with what it teaches', async () => {
    const templates = await listTemplates(templatesDir)
    const tracks = [...new Set(templates.map(({ language }) => language))]
    expect(tracks).toEqual(['C', 'Rust', 'Assembly'])
    for (const track of tracks) {
      const steps = templates.filter(({ language }) => language === track).map(({ step }) => step)
      expect(steps).toEqual(steps.map((_, index) => index + 1))
    }
    for (const { teaches } of templates) expect(teaches).toMatch(/^[A-Z].{20,}\.$/)
  })

  it('that extend others bring the files of those, under their own', async () => {
    const project = await createProject({ templatesDir, template: 'testing-c', dir: join(dir, 'extending') })
    const read = (path: string): Promise<string> => readFile(path, 'utf8')
    expect(await read(join(project.dir, 'vga.c'))).toBe(await read(join(templatesDir, 'vga-text-c/vga.c')))
    expect(await read(join(project.dir, 'kernel.c'))).toBe(await read(join(templatesDir, 'testing-c/kernel.c')))
    expect(project.manifest.name).toBe('testing-c')
  })

  it('become projects whose manifest and target specification are in order', async () => {
    for (const { id } of await listTemplates(templatesDir)) {
      const project = await createProject({ templatesDir, template: id, dir: join(dir, id) })
      const target = await readTargetSpec(project.dir, 'target' in project.manifest ? (project.manifest.target ?? '') : '')
      expect(target.problems, id).toEqual([])
      expect(target.ok).toBe(true)
      for (const file of filesToOpen(project.manifest)) expect((await readFile(join(project.dir, file), 'utf8')).length).toBeGreaterThan(0)
      const files = await readdir(project.dir)
      expect(files).toContain('.gitignore')
      expect(files).not.toContain('template.json')
    }
  })

  it('build the C and the Rust kernel from the same target specification', async () => {
    const [c, rust] = await Promise.all(['blog-os-c', 'blog-os-rust'].map((id) => readFile(join(templatesDir, id, 'x86_64-blog_os.json'))))
    expect(c).toEqual(rust)
  })

  it('take another name', async () => {
    const project = await createProject({ templatesDir, template: 'miniboot-c', dir: join(dir, 'named'), name: 'mine' })
    expect(project.manifest.name).toBe('mine')
  })

  it.each(['', '../mine', 'two words', 'ä'])('refuse the name %j before anything is written', async (name) => {
    await expect(createProject({ templatesDir, template: 'miniboot-c', dir: join(dir, 'misnamed'), name })).rejects.toThrow(/cannot be the name of a project/)
    expect(await readdir(dir)).not.toContain('misnamed')
  })

  it('make the folders above theirs', async () => {
    const deep = join(dir, 'one', 'two', 'three')
    expect((await createProject({ templatesDir, template: 'miniboot-c', dir: deep })).dir).toBe(deep)
  })

  it.runIf(process.platform === 'linux')('come to an end where no folder can be made and none is missing', async () => {
    await expect(createProject({ templatesDir, template: 'miniboot-c', dir: '/proc/bootlab/project' })).rejects.toThrow(/could not be created/)
  })

  it('fill an empty folder, and refuse any other', async () => {
    const empty = join(dir, 'empty')
    await mkdir(empty)
    await createProject({ templatesDir, template: 'boot-sector', dir: empty })
    await expect(createProject({ templatesDir, template: 'boot-sector', dir: empty })).rejects.toThrow(/The folder is not empty/)
    const file = join(dir, 'file')
    await writeFile(file, '')
    await expect(createProject({ templatesDir, template: 'boot-sector', dir: file })).rejects.toThrow(/It is a file/)
    await expect(createProject({ templatesDir, template: 'boot-sector', dir: join(file, 'below') })).rejects.toThrow(/lies below one/)
  })

  it('that do not exist are answered with those that do', async () => {
    await expect(createProject({ templatesDir, template: '../..', dir: join(dir, 'x') })).rejects.toThrow(/The templates are miniboot-c, blog-os-c, vga-text-c/)
  })
})
