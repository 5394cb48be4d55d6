/**
 * A temporary folder for one run of the tests: what one test file made there, the others find. vitest makes it before the first file and removes it behind
 * the last (`globalSetup`); nothing is kept from one run to the next.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const VARIABLE = 'BOOTLAB_TEST_RUN'

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-test-run-'))
  // Workers are started with the environment of their parent.
  process.env[VARIABLE] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}

/** The folder; undefined outside of vitest, in scripts. */
export const runFolder = (): string | undefined => process.env[VARIABLE]
