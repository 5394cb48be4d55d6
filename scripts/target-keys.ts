/**
 * Writes docs/target-specification.md and its translation: every key of target specifications, from the table in the code.
 *   node scripts/run.mjs scripts/target-keys.ts
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { locate } from '../src/main/services/locations'
import { targetPages } from './target-pages'

for (const [path, text] of Object.entries(targetPages())) {
  writeFileSync(join(locate().root, path), text)
  console.log(`Wrote ${path}.`)
}
