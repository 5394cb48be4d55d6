/** A kernel of February 2018, byte for byte, three commands later: import, doctor --fix, boot. */
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'
import { diagnosisSchema } from '../../src/shared/diagnosis'
import { bootlab } from '../support/cli'
import { rustForTests, rustTestCache } from '../support/rust'
import { requireTool } from '../support/tools'

const FIXTURE = join(root, 'tests/fixtures/blog-os-2018')
const FILES = ['Cargo.toml', 'src/main.rs', 'x86_64-blog_os.json']
const env = { BOOTLAB_CACHE_DIR: rustTestCache }

const rust = await rustForTests()
let folder: string
let project: string

beforeAll(async () => {
  await buildIfStale()
  folder = await mkdtemp(join(tmpdir(), 'bootlab-2018-'))
  project = join(folder, 'blog_os')
  for (const name of FILES) cpSync(join(FIXTURE, name), join(project, name))
}, 90_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.skipIf(rust === undefined)('the tutorial of February 2018', { timeout: 300_000 }, () => {
  it('is recognised', async () => {
    const { code, stdout } = await bootlab(['import', project], { env })
    expect(code).toBe(0)
    expect(stdout).toContain('x86_64-blog_os.json')
    expect(JSON.parse(await readFile(join(project, 'bootlab.json'), 'utf8'))).toMatchObject({ kind: 'rust', target: 'x86_64-blog_os.json' })
  })

  it('is examined without a change, and the doctor says what would change', async () => {
    const { code, stdout } = await bootlab(['doctor', project, '--json'], { env })
    expect(code).toBe(66)
    const { project: diagnosis } = z.object({ project: diagnosisSchema }).parse(JSON.parse(stdout))
    const found = diagnosis.findings.map((finding) => `${finding.severity} ${finding.code}`)
    // Which compiler is here decides about some; these every one of today finds.
    expect(found).toEqual(expect.arrayContaining(['error panic-fmt', 'error number-as-string', 'error data-layout', 'error soft-float-abi', 'warning hosted-triple', 'warning edition-missing']))
    for (const name of FILES) expect(await readFile(join(project, name), 'utf8')).toBe(await readFile(join(FIXTURE, name), 'utf8'))
  })

  it('is mended, and the printed diff is what was done', async () => {
    const { code, stdout } = await bootlab(['doctor', project, '--fix'], { env })
    expect(code).toBe(0)
    for (const line of ['-  "target-pointer-width": "64",', '+  "target-pointer-width": 64,', '-#[lang = "panic_fmt"] // define a function that should be called on panic', '+#[panic_handler] // define a function that should be called on panic']) expect(stdout).toContain(`\n${line}\n`)
    expect(stdout).toMatch(/^Wrote x86_64-blog_os\.json, Cargo\.toml, src\/main\.rs\.$/m)
    expect((await readdir(project, { recursive: true })).filter((name) => name.endsWith('.tmp'))).toEqual([])

    const again = await bootlab(['doctor', project, '--fix'], { env })
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing is wrong with the project, as rustc 1\.\d+/) })
    const patch = requireTool('patch')
    if (patch === undefined) return
    const copy = join(folder, 'copy')
    for (const name of FILES) cpSync(join(FIXTURE, name), join(copy, name))
    const diff = stdout.slice(stdout.indexOf('\n--- a/'), stdout.indexOf('\nWrote '))
    expect(spawnSync(patch, ['-p1', '--fuzz=0'], { cwd: copy, input: diff, encoding: 'utf8' })).toMatchObject({ status: 0 })
    for (const name of FILES) expect(await readFile(join(copy, name), 'utf8')).toBe(await readFile(join(project, name), 'utf8'))
    rmSync(copy, { recursive: true })
  })

  it('boots', async () => {
    const { code, stdout, stderr } = await bootlab(['boot', project, '--headless', '--until-text', 'Hello World!', '--screen', 'text'], { env, timeout: 280_000 })
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toMatch(/^Hello World!/m)
  })
})

it('a folder without a specification holds nothing for the doctor to examine', async () => {
  const { code, stdout } = await bootlab(['doctor', folder, '--json'], { env })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ project: null })
})

it('a folder that is not there is said so', async () => {
  const { code, stderr } = await bootlab(['doctor', join(folder, 'nowhere')], { env })
  expect({ code, stderr }).toMatchObject({ code: 66, stderr: expect.stringMatching(/nowhere[^]*Next:/) })
})
