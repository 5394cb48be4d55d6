import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { requireTool } from '../../../../tests/support/tools'
import { dataLayout, parseCompilerVersion } from '../doctor'
import { DEFAULTS } from './defaults'
import { describeKey, sentencesOn } from './describe'
import { keySince } from './history'
import { isTargetKey, TARGET_KEYS } from './keys'

describe('what is said about a key', () => {
  it('comes from its row', () => {
    expect(sentencesOn('disable-redzone')).toBe(
      'Leave the 128 bytes below the stack pointer alone. A 64-bit kernel needs this: an interrupt overwrites them. Default: false. For C: true becomes -mno-red-zone, false becomes -mred-zone.',
    )
    expect(sentencesOn('rustc-abi')).toMatch(/Since rustc 1\.86\. For C: no effect \(C takes the same from the soft-float feature\)\.$/)
    expect(describeKey('code-model')).toMatchObject({ type: 'one of tiny, small, kernel, medium, large', forC: expect.stringContaining('"kernel" becomes -mcmodel=kernel') })
    expect(describeKey('allows-weak-linkage')).toMatchObject({ until: '1.97' })
    expect(describeKey('llvm-target')).toMatchObject({ required: true, type: 'text' })
  })

  it('is said about every key, in the documentation too', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../../docs/target-specification.md'), 'utf8')
    for (const name of Object.keys(TARGET_KEYS).filter(isTargetKey)) {
      const { doc, forC } = describeKey(name)
      expect(doc, name).toMatch(/[.!]$/)
      expect(text, `${name}: run \`node scripts/run.mjs scripts/target-keys.ts\``).toContain(`| \`${name}\` |`)
      expect(text, `${name}: run \`node scripts/run.mjs scripts/target-keys.ts\``).toContain(forC.replaceAll('|', '\\|'))
    }
  })
})

describe('rustc, as the judge', () => {
  const rustc = requireTool('rustc')

  it.skipIf(rustc === undefined)('takes for missing keys what the table of defaults says', async (context) => {
    const compiler = parseCompilerVersion(spawnSync(rustc ?? '', ['-vV'], { encoding: 'utf8' }).stdout)
    if (compiler === undefined || compiler.release < 91) return context.skip('the table is that of a rustc of 2026')
    const triple = 'x86_64-unknown-none'
    const least = { 'llvm-target': triple, 'data-layout': dataLayout(triple, compiler.llvm), arch: 'x86_64', 'target-pointer-width': 64 }
    const dir = await mkdtemp(join(tmpdir(), 'bootlab-defaults-'))
    const print = async (spec: object): Promise<unknown> => {
      const file = join(dir, 'x.json')
      await writeFile(file, JSON.stringify(spec))
      const run = spawnSync(rustc ?? '', ['-Zunstable-options', '--target', file, '--print', 'target-spec-json'], { env: { ...process.env, RUSTC_BOOTSTRAP: '1' }, encoding: 'utf8' })
      expect(run.stderr).toBe('')
      return z.record(z.string(), z.unknown()).parse(JSON.parse(run.stdout))
    }
    const known = Object.entries(DEFAULTS).filter(([name]) => isTargetKey(name) && (keySince(name) ?? 0) <= compiler.release)
    // rustc prints only what is not as it is by default, so defaults written out leave no trace.
    expect(await print({ ...least, ...Object.fromEntries(known) })).toEqual(await print(least))
    await rm(dir, { recursive: true })
  })
})
