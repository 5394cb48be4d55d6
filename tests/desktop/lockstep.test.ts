/** `bootlab boot --lockstep` and `--cpu` of the built command line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildIfStale } from '../../scripts/build-if-stale.mjs'
import { EXIT } from '../../src/cli/exit-codes'
import { bootlab } from '../support/cli'

/** mov eax,cr0; (386); mov ax,0E41h; int 10h; cli; hlt */
const NEEDS_386 = [0x0f, 0x20, 0xc0, 0xb8, 0x41, 0x0e, 0xcd, 0x10, 0xfa, 0xf4]

let folder: string
let image: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-lockstep-'))
  image = join(folder, 'disk.img')
  const sector = new Uint8Array(512)
  sector.set(NEEDS_386)
  sector.set([0x55, 0xaa], 510)
  await writeFile(image, sector)
  await buildIfStale()
}, 90_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const boot = (...options: string[]): ReturnType<typeof bootlab> => bootlab(['boot', image, '--memory', '4M', ...options])

describe('bootlab boot --lockstep', () => {
  it('says that two backends agree, and on how much', async () => {
    const { code, stdout, stderr } = await boot('--lockstep', 'oracle,interp', '--screen', 'text')
    expect(code).toBe(EXIT.ok)
    expect(stdout).toContain('A')
    expect(stderr).toMatch(/oracle and interp agree on [\d,]+ instructions\.$/m)
  })

  it('gives JSON', async () => {
    const { code, stdout } = await boot('--lockstep', 'interp,oracle', '--json', '--until-text', 'A')
    expect(code).toBe(EXIT.ok)
    expect(JSON.parse(stdout)).toMatchObject({ agree: true, reason: 'until-text', exitCode: 0, backends: ['interp', 'oracle'], instructions: expect.any(Number) })
  })

  it.each([[['--lockstep', 'oracle']], [['--lockstep', 'oracle,jit']], [['--lockstep', 'oracle,interp', '--serial', 'stdio']], [['--cpu', 'z80']], [['--cpus', '9']]])('refuses %j', async (options) => {
    expect(await boot(...options)).toMatchObject({ code: EXIT.usage })
  })
})

describe('bootlab boot --cpu', () => {
  it('gives the guest an older processor, on which newer instructions are undefined', async () => {
    const older = await boot('--cpu', '286', '--headless', '--until-text', 'A')
    expect(older.code).toBe(EXIT.halted)
    expect(older.stderr).toContain('#UD')
    expect(await boot('--cpu', '386', '--headless', '--until-text', 'A')).toMatchObject({ code: EXIT.ok })
  })
})
