/**
 * kvm-unit-tests in our PC and in QEMU's software emulation, as one table:
 *
 *     node scripts/run.mjs tests/judges/kvm-unit-tests/table.ts COPY [part of a test's name …]
 *
 * `BACKEND` names a backend of `backends.ts`; `WALL_SECONDS` is the time that each run may take; `OUTPUT` a folder that gets what was printed.
 * Exits with 1 when something passes in QEMU and not here, unless the test skips itself, as the processor here does not have what it is about.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findQemu } from '../../support/qemu'
import { judgedBackend } from '../backends'
import { runHere, runInQemu } from './run'
import { listedTests } from './tests'

const [folder, ...wanted] = process.argv.slice(2)
const qemu = findQemu()
if (folder === undefined) throw new Error('Name the folder of a built copy of kvm-unit-tests.')
if (qemu === undefined) throw new Error('Install qemu-system-x86.')
const seconds = Number(process.env['WALL_SECONDS'] ?? 120)
const backend = judgedBackend(process.env['BACKEND'] ?? 'interp')
const keep = process.env['OUTPUT']
if (keep !== undefined) mkdirSync(keep, { recursive: true })

/** What a test that skips itself ends with: 77, as the port has it. */
const SKIPPED = 77 >> 1

type Verdict = 'PASS' | 'FAIL' | 'SKIP'

/** Its lines by verdict, without what differs from run to run. */
function linesOf(output: string): Record<Verdict, string[]> {
  const of = (verdict: Verdict): string[] => output.split('\n').flatMap((line) => (line.startsWith(`${verdict}: `) ? [line.slice(6).trim().replaceAll(/\d+/g, 'n')] : []))
  return { PASS: of('PASS'), FAIL: of('FAIL'), SKIP: of('SKIP') }
}

/** @param value of the exit port; undefined: it did not come there */
function summary(lines: Record<Verdict, string[]>, value: number | undefined, time: number): string {
  const counts = (['PASS', 'FAIL', 'SKIP'] as const).flatMap((verdict) => (lines[verdict].length > 0 ? [`${lines[verdict].length} ${verdict}`] : []))
  return [...counts, value === undefined ? 'stops' : value === 0 ? 'exit 0' : `exit ${value}`, `${time.toFixed(1)} s`].join(', ')
}

let worse = 0
console.log('| test | processors | here | QEMU TCG | at least as good |\n|---|---|---|---|---|')
for (const test of listedTests(folder)) {
  if (wanted.length > 0 && !wanted.some((part) => test.name.includes(part))) continue
  let printed = ''
  const own = await runHere({ ...test, seconds }, backend, (byte) => (printed += String.fromCharCode(byte)))
  const peer = await runInQemu(qemu, { ...test, seconds })
  const [here, there] = [linesOf(printed), linesOf(peer.output)]
  const ownValue = own.outcome?.reason === 'debug-exit' ? own.outcome.value : undefined
  // Even codes, and those of a process that aborted for the guest's sake, are not the guest's success.
  const peerValue = peer.exitCode === undefined || peer.exitCode % 2 === 0 ? undefined : peer.exitCode >> 1
  const lost = there.PASS.filter((line) => here.FAIL.includes(line) && !there.FAIL.includes(line))
  const asGood = lost.length === 0 && (peerValue !== 0 || ownValue === 0)
  const skips = ownValue === SKIPPED
  if (!asGood && !skips) worse++
  console.log(`| ${test.name} | ${test.processors} | ${summary(here, ownValue, own.seconds)} | ${summary(there, peerValue, peer.seconds)} | ${asGood ? 'yes' : skips ? 'skips itself' : `NO${lost.map((line) => `; ${line}`).join('')}`} |`)
  if (here.FAIL.length > 0) console.error(`${test.name}: fails here: ${here.FAIL.join('; ')}`)
  if (keep !== undefined) {
    writeFileSync(join(keep, `${test.name}.here.txt`), printed)
    writeFileSync(join(keep, `${test.name}.qemu.txt`), peer.output)
  }
}
process.exitCode = worse > 0 ? 1 : 0
