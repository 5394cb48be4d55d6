import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProjectDoctor, writeRepairs } from './project-doctor'

const TEMPLATES = join(import.meta.dirname, '../../../resources/templates')
const SPEC = '{ "llvm-target": "i686-unknown-none", "data-layout": "e", "arch": "x86", "target-pointer-width": "32" }\n'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-doctor-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

describe('the doctor at a folder', () => {
  it('has nothing to say about the templates', async () => {
    const doctor = new ProjectDoctor()
    for (const name of await readdir(TEMPLATES)) {
      const findings = (await doctor.diagnose(join(TEMPLATES, name)))?.findings ?? []
      expect(findings.map(({ file, code, message }) => `${name}/${file} ${code} ${message}`)).toEqual([])
    }
  })

  it('examines the specifications that a manifest names, and else what looks like one', async () => {
    await write({ 'a.json': SPEC, 'b.json': SPEC, 'c.json': '{}', 'main.c': '' })
    expect((await new ProjectDoctor().diagnose(folder))?.files).toEqual(['a.json', 'b.json'])
    await write({ 'bootlab.json': '{"name": "k", "kind": "c", "target": "b.json", "sources": ["main.c"]}' })
    expect(await new ProjectDoctor().diagnose(folder)).toMatchObject({ compiler: 'clang', files: ['b.json'], findings: [{ code: 'number-as-string' }] })
  })

  it('looks at Rust sources and cargo files, but not at what builds leave behind', async () => {
    await write({ 'k.json': SPEC, 'Cargo.toml': '[package]\nname = "k"\nedition = "2021"\n', 'src/main.rs': '', 'build/x.rs': '', 'target/y.rs': '', '.cargo/config': '' })
    expect((await new ProjectDoctor().diagnose(folder))?.files.toSorted()).toEqual(['.cargo/config', 'Cargo.toml', 'k.json', 'src/main.rs'])
  })

  it('takes unsaved text instead of a file', async () => {
    await write({ 'k.json': SPEC })
    const diagnosis = await new ProjectDoctor().diagnose(folder, [{ path: 'k.json', text: SPEC.replace('"32"', '32') }])
    expect(diagnosis).toMatchObject({ findings: [], repairs: [] })
  })

  it('is silent where there is nothing to examine, and clear where there is nothing at all', async () => {
    expect(await new ProjectDoctor().diagnose(folder)).toBeUndefined()
    await expect(new ProjectDoctor().diagnose(join(folder, 'none'))).rejects.toMatchObject({ failure: { code: 'not-found', where: join(folder, 'none'), next: expect.any(String) } })
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('says which file it cannot write, and leaves it as it was', async () => {
    await write({ 'k.json': SPEC })
    await chmod(folder, 0o555)
    await expect(writeRepairs(folder, [{ path: 'k.json', text: 'x', diff: '' }])).rejects.toMatchObject({ failure: { code: 'unwritable', where: join(folder, 'k.json') } })
    await chmod(folder, 0o755)
    expect(await readFile(join(folder, 'k.json'), 'utf8')).toBe(SPEC)
  })

  it('says which file is in the way of a repair', async () => {
    await mkdir(join(folder, 'k.json'))
    await expect(writeRepairs(folder, [{ path: 'k.json', text: 'x', diff: '' }])).rejects.toMatchObject({ failure: { what: 'This is a folder.' } })
  })
})
