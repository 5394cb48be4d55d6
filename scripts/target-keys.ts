/**
 * Writes docs/target-specification.md: every key of target specifications, from the table in the code.
 *   node scripts/run.mjs scripts/target-keys.ts
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { locate } from '../src/main/services/locations'
import { describeKey } from '../src/main/project/target/describe'
import { RETIRED_KEYS } from '../src/main/project/target/history'
import { isTargetKey, TARGET_KEYS } from '../src/main/project/target/keys'

const INTRODUCTION = `# Target specifications

Made by \`node scripts/run.mjs scripts/target-keys.ts\` from the table in \`src/main/project/target\`; not edited by hand.

A target specification is Rust's target JSON. In Bootlab it decides how Rust, C and assembly are compiled and linked. The editor
shows the same words on each key, and \`bootlab doctor\` says what is wrong with a specification, for the rustc that will read it, and mends it.

"Since" is the oldest rustc known to take a key (of 1.56, 1.63, 1.72, 1.85, 1.86, 1.90, 1.91, 1.95, 1.97); without one, 1.56 took it. "Default" is what
rustc takes for a key that is missing. "For C" is what the key comes to for clang and ld.lld.

## Keys

| key | value | meaning | default | since | for C |
|---|---|---|---|---|---|
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

const rows = Object.keys(TARGET_KEYS)
  .filter(isTargetKey)
  .toSorted()
  .map((name) => {
    const { type, doc, byDefault, since, until, forC, required } = describeKey(name)
    const age = [since ?? '', until === undefined ? '' : `gone with ${until}`].filter((part) => part !== '').join(', ')
    return `| \`${name}\` | ${cell(type)}${required ? ', required' : ''} | ${cell(doc)} | ${byDefault === undefined ? '' : `\`${cell(byDefault)}\``} | ${age} | ${cell(forC)} |`
  })

const retired = Object.entries(RETIRED_KEYS)
  .filter(([name]) => !isTargetKey(name))
  .map(([name, { until, becomes, why }]) => `| \`${name}\` | ${until} | ${becomes === undefined ? '' : `\`${becomes.key}\``} | ${cell(why)} |`)

const text = `${INTRODUCTION}${rows.join('\n')}

## Keys that were

| key | unknown to rustc since 1. | now | why |
|---|---|---|---|
${retired.join('\n')}
`
const path = join(locate().root, 'docs', 'target-specification.md')
writeFileSync(path, text)
console.log(`Wrote ${path}: ${rows.length} keys.`)
