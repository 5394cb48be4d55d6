/**
 * Every rung of the ladder twice: without a stop, and as a chain of machines that load what the one before has saved, with the same hashes at every joint.
 *
 *     node scripts/run.mjs tests/judges/state-ladder.ts [part of a rung's name …]
 *     BACKENDS=interp,block,block-eager … (the machines of the chain in turns, by the names of `backends.ts`)
 *
 * Prints a table; exits with 1 when a rung differs or does not come to its end. Needs what the tests of the ladder need.
 */
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { runChain } from '../boot/state-chain'
import { judgedBackend } from './backends'
import { RUNGS } from './rungs'

const BACKENDS = (process.env['BACKENDS'] ?? 'interp').split(',').map(judgedBackend)
const wanted = process.argv.slice(2)
let failed = 0
console.log('rung | guest s | instructions | joints | file KiB | save ms | load ms | same')
for (const [name, make] of RUNGS) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue
  try {
    const rung = await make()
    const [whole, chain] = [runChain(rung, false), runChain(rung, true, BACKENDS)]
    const last = whole.joints.at(-1)
    const different = whole.joints.findIndex(({ hash }, index) => hash !== chain.joints[index]?.hash)
    const same = different < 0 && whole.joints.length === chain.joints.length
    const end = whole.reached || (rung.untilText === undefined && rung.seconds < 1)
    if (!same || !end) failed++
    const { bytes, saveMs, loadMs } = chain.saved
    const verdict = same ? (end ? 'yes' : 'yes, but its end was not reached') : `NO, from joint ${different}`
    console.log([name, ((last?.tick ?? 0) / TICKS_PER_SECOND).toFixed(1), last?.instructions, whole.joints.length, Math.ceil(bytes / 1024), saveMs.toFixed(0), loadMs.toFixed(0), verdict].join(' | '))
    if (!end || !same) console.log(whole.lines.join('\n').trimEnd(), '\n---\n', chain.lines.join('\n').trimEnd())
  } catch (error) {
    failed++
    console.log(`${name} | ${error instanceof Error ? error.stack : String(error)}`)
  }
}
process.exitCode = failed > 0 ? 1 : 0
