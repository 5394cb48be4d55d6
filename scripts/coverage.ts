/**
 * Writes docs/cpu-coverage.md: every row of the instruction table with what judges it, and every instruction of the manuals' maps that is #UD.
 *   npm run coverage:cpu [-- --vectors DIR…]     DIR: a larger set of single-step vectors, counted beside the kept ones
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Command } from 'commander'
import { locate } from '../src/main/services/locations'
import { absentInstructions } from '../tests/conformance/absent'
import { coverage, encodingOf, KEPT_VECTORS, MODES, occursIn, type RowCoverage } from '../tests/conformance/coverage'

interface Options {
  readonly vectors: readonly string[]
}

const program = new Command('coverage')
  .description('Writes docs/cpu-coverage.md.')
  .option('--vectors <folder...>', 'larger sets of single-step vectors, counted beside the kept ones', [])

const INTRODUCTION = `# Coverage of the instruction set

Made by \`npm run coverage:cpu\`; not edited by hand.

Both backends, oracle and interpreter, are made from the same rows (\`src/main/emulator/cpu/isa\`), so a row exists on both or on neither, and
each number below was judged on both. A cell is the number of kept vectors, captured on a processor, whose instruction is the row
(\`tests/conformance/vectors\`); \`of\` how many in the larger set that was given with \`--vectors\`. \`–\`: the row does not exist in this mode.
"Unit test" names the test that judges what user-mode captures cannot hold. Beside these, every row goes through
\`src/main/emulator/cpu/isa/rows.test.ts\` (flags, precise faults), \`src/main/emulator/cpu/semantics/lockstep.test.ts\` (oracle against interpreter), the fuzzer,
and the comparison of its disassembly with iced-x86.
`

const ABSENT = `
## #UD by choice

Instructions that iced-x86 knows for 64-bit (or, where they exist only there, 32-bit) code and that raise #UD here, by CPUID feature.
CPUID announces no feature of which instructions are missing; SYSCALL and SYSRET outside 64-bit mode are AMD's alone.
`

function cell(kept: RowCoverage, more: RowCoverage | undefined, mode: (typeof MODES)[number]): string {
  if (!occursIn(kept.row, mode)) return '–'
  const count = String(kept.vectors[mode])
  return more === undefined ? count : `${count} of ${more.vectors[mode]}`
}

function rowTable(kept: readonly RowCoverage[], more: readonly RowCoverage[] | undefined): string[] {
  const lines = kept.map((row, index) => {
    const cells = MODES.map((mode) => cell(row, more?.[index], mode))
    return { key: `${row.row.vex ? 1 : 0}${row.row.map.padEnd(4)}${row.row.opcode.toString(16).padStart(2, '0')}${row.row.reg ?? ''}`, line: `| \`${encodingOf(row.row)}\` | ${row.row.name} | ${cells.join(' | ')} | ${row.unitTest === undefined ? '' : basename(row.unitTest)} |` }
  })
  return lines.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ line }) => line)
}

function absentTable(): string[] {
  const found = absentInstructions(64)
  for (const [feature, names] of absentInstructions(32)) found.set(feature, new Set([...(found.get(feature) ?? []), ...names]))
  const rows = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return rows.map(([feature, names]) => `| ${feature} | ${[...names].toSorted().join(', ')} |`)
}

function main(): void {
  program.parse()
  const { vectors } = program.opts<Options>()
  const kept = coverage([KEPT_VECTORS])
  const more = vectors.length === 0 ? undefined : coverage(vectors)
  const judged = kept.filter((row) => MODES.some((mode) => row.vectors[mode] > 0)).length
  const tested = kept.filter((row) => row.unitTest !== undefined).length
  const sum = (list: readonly RowCoverage[]): string => MODES.map((mode) => `${list.reduce((total, row) => total + row.vectors[mode], 0).toLocaleString('en-US')} in ${mode}-bit code`).join(', ')
  const text = [
    INTRODUCTION,
    `${kept.length} rows: ${judged} with kept vectors, ${tested} with a unit test of their own. Kept vectors: ${sum(kept)}.${more ? ` Larger set: ${sum(more)}.` : ''}`,
    '',
    '| encoding | instruction | 16-bit | 32-bit | 64-bit | unit test |',
    '|---|---|---|---|---|---|',
    ...rowTable(kept, more),
    ABSENT,
    '| feature | instructions |',
    '|---|---|',
    ...absentTable(),
    '',
  ].join('\n')
  const folder = join(locate().root, 'docs')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'cpu-coverage.md')
  writeFileSync(file, text)
  console.log(`${file}: ${kept.length} rows, ${judged} with kept vectors, ${tested} with a unit test`)
}

main()
