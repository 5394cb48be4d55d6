/** `bootlab import`. */
import { relative, resolve } from 'node:path'
import { describePlan } from '../main/services/bare'
import { describeImport, planImport, writeImport } from '../main/services/imports'
import { EXIT } from './exit-codes'
import { shellWord } from './projects'

export interface ImportOptions {
  /** Say what would be written, and write nothing. */
  dryRun?: true
  /** Write over files that are there. */
  force?: true
  json?: true
}

/** Writes the manifest of a folder, or of a source file, that has none; says what was guessed and why. */
export async function importCommand(path: string, { dryRun, force, json }: ImportOptions): Promise<number> {
  const planned = await planImport(resolve(path), { again: force === true })
  const written = dryRun ? [] : await writeImport(planned, { force: force === true })
  if (json) {
    console.log(JSON.stringify({ ...describeImport(planned), written }))
    return EXIT.ok
  }
  const { directory, plan } = planned
  console.log(`${directory}: ${plan.manifest.name}`)
  for (const line of describePlan(plan)) console.log(`  ${line}`)
  for (const warning of plan.warnings) console.log(`  warning: ${warning}`)
  if (dryRun) {
    for (const file of plan.files) console.log(`\n--- ${file.path}\n${file.text.trimEnd()}`)
    console.log('\nNothing was written.')
  } else {
    const way = relative(process.cwd(), directory)
    console.log(`Wrote ${written.length > 0 ? written.join(', ') : 'nothing: everything is there already'}.\nNext: bootlab boot ${shellWord(way.startsWith('..') ? directory : way || '.')}`)
  }
  return EXIT.ok
}
