import type { Target, TargetKeyName } from '../../project'
import type { Problem } from '../../../shared/problems'

const MEND = '`bootlab doctor --fix` makes the specification one that this compiler takes.'

/** Compilers name no file when an option is at fault; these sentences are about a key of the target specification. */
const SENTENCES: readonly { pattern: RegExp; key: TargetKeyName; next?: string }[] = [
  { pattern: /^data-layout for target/, key: 'data-layout', next: MEND },
  { pattern: /soft-float.*incompatible with the ABI/, key: 'features', next: MEND },
  { pattern: /unknown target CPU/, key: 'cpu' },
  { pattern: /unknown target triple|unknown target '|unable to create target/, key: 'llvm-target' },
  { pattern: /recognized feature for this target|unknown target feature|unsupported option '-m(?!cmodel)/, key: 'features' },
  { pattern: /code model|-mcmodel=/, key: 'code-model' },
  { pattern: /Unknown command line argument/, key: 'llvm-args' },
]

/** The triple that rustc makes of a file's name and its content, which nobody wrote anywhere. */
const MADE_UP_NAME = /`([^`]+)-\d{8,}`/g

/** Point a problem without a place at the key of the specification that it is about. */
export function tieToTarget(problem: Problem, target: Target): void {
  if (problem.line !== undefined || (problem.file !== undefined && problem.file !== target.file)) return
  problem.message = problem.message.replaceAll(MADE_UP_NAME, '`$1`')
  const sentence = SENTENCES.find(({ pattern }) => pattern.test(problem.message))
  if (sentence === undefined || target.spec[sentence.key] === undefined) return
  Object.assign(problem, { source: 'target', file: target.file, ...target.locate(sentence.key), ...(sentence.next === undefined || problem.next !== undefined ? {} : { next: sentence.next }) })
}
