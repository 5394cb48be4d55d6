/** `bootlab doctor`. */
import { resolve } from 'node:path'
import { doctor } from '../main/services/doctor'
import { locate } from '../main/services/locations'
import { ProjectDoctor, writeRepairs } from '../main/services/project-doctor'
import { defaultDataDirectory } from '../main/services/services'
import type { DoctorItem } from '../shared/contract'
import type { Diagnosis, Finding } from '../shared/diagnosis'
import { EXIT } from './exit-codes'

export interface DoctorOptions {
  /** Write the changes that mend what can be mended. */
  fix?: true
  /** Print the changes. */
  diff?: true
  json?: true
}

const marks: Readonly<Record<DoctorItem['status'], string>> = { ok: 'ok      ', missing: 'MISSING ', broken: 'BROKEN  ', 'optional-missing': 'optional' }

/**
 * Looks at a project's target specification and its surroundings, and at the tools.
 * @param directory the folder; undefined for the current one, which need not hold a project
 * @returns `badInput` when errors remain in the project, `unavailable` when something that every build needs is missing
 */
export async function doctorCommand(directory: string | undefined, { fix, diff, json }: DoctorOptions, signal: AbortSignal): Promise<number> {
  const folder = resolve(directory ?? '.')
  const project = new ProjectDoctor()
  const before = await project.diagnose(folder, [], signal)
  const mend = fix === true && before !== undefined
  if (mend) await writeRepairs(folder, before.repairs)
  const after = mend ? await project.diagnose(folder, [], signal) : before
  const tools = await doctor(locate(), defaultDataDirectory(), signal)
  if (json) console.log(JSON.stringify({ tools, project: before ?? null, ...(mend ? { written: before.repairs.map(({ path }) => path), remaining: after?.findings ?? [] } : {}) }))
  else {
    if (before !== undefined) printDiagnosis(before, after ?? before, { mend, diff: diff === true || mend })
    else if (directory !== undefined) console.log(`${folder} holds no target specification.\n`)
    printTools(tools)
  }
  if (after?.findings.some(({ severity }) => severity === 'error')) return EXIT.badInput
  return tools.some(({ status }) => status === 'missing' || status === 'broken') ? EXIT.unavailable : EXIT.ok
}

function printDiagnosis({ findings, repairs, compiler }: Diagnosis, after: Diagnosis, { mend, diff }: { mend: boolean; diff: boolean }): void {
  if (findings.length === 0) console.log(`Nothing is wrong with the project, as ${compiler} reads it.`)
  for (const finding of findings) printFinding(finding)
  if (findings.length > 0) console.log(`${count(findings)}, as ${compiler} reads it.`)
  if (diff) for (const repair of repairs) console.log(`\n${repair.diff.trimEnd()}`)
  if (mend) {
    console.log(repairs.length === 0 ? '\nNothing was changed.' : `\nWrote ${repairs.map(({ path }) => path).join(', ')}.`)
    const left = after.findings.filter(({ severity }) => severity !== 'info')
    if (left.length > 0) console.log(`${left.length === 1 ? 'One is' : `${left.length} are`} left to you:`)
    for (const finding of left) printFinding(finding)
  } else if (repairs.length > 0) {
    console.log(`\nNext: bootlab doctor --fix mends ${findings.some(({ fix }) => fix === undefined) ? 'those marked with *' : 'them all'}${diff ? '' : '; with --diff instead it only shows how'}.`)
  }
  console.log('')
}

function printFinding({ severity, file, line, column, code, message, why, next, fix }: Finding): void {
  console.log(`${fix === undefined ? ' ' : '*'} ${file}:${line}:${column}: ${severity}: ${message} [${code}]`)
  console.log(`    Why: ${why}`)
  const todo = fix?.title ?? next
  if (todo !== undefined) console.log(`    Next: ${todo}${/[.!?]$/.test(todo) ? '' : '.'}`)
}

function count(findings: readonly Finding[]): string {
  const words = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length
    const name = severity === 'info' ? 'remark' : severity
    return number === 0 ? [] : [`${number} ${name}${number === 1 ? '' : 's'}`]
  })
  return words.join(', ')
}

function printTools(items: readonly DoctorItem[]): void {
  for (const { title, status, detail, next } of items) {
    console.log(`${marks[status]}  ${title}: ${detail}`)
    if (next) console.log(`          Next: ${next}`)
  }
}
