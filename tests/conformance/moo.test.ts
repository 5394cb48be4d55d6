/**
 * Real-mode vectors of SingleStepTests (third-party data, not in this repository): judged when BOOTLAB_VECTORS names a folder that
 * holds .MOO.gz files. A part of each run is enough here; `npm run conformance -- --vectors DIR` runs all.
 */
import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BACKENDS } from '../../src/main/emulator/cpu/test-machine'
import { findVectors, Suite } from './suite'

const folder = process.env['BOOTLAB_VECTORS']
const present = folder !== undefined && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
const files = present ? findVectors([folder]).filter((file) => file.path.endsWith('.MOO.gz')) : []
/** Every so many files, so that the test stays under a minute. */
const STRIDE = 8

describe.skipIf(files.length === 0)('real-mode vectors (skipped: BOOTLAB_VECTORS names no folder with .MOO.gz files)', () => {
  it.each(BACKENDS)(
    'on %s',
    (backend) => {
      const suite = new Suite(backend, 3)
      const results = files.filter((_, index) => index % STRIDE === 0).flatMap((file) => suite.run(file))
      expect(results.flatMap((result) => result.failures.map((failure) => ({ file: result.file, ...failure })))).toEqual([])
      expect(results.reduce((sum, result) => sum + result.passed, 0)).toBeGreaterThan(0)
    },
    60_000,
  )
})
