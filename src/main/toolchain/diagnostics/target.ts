import type { Target, TargetKeyName } from '../../project'
import type { Problem } from '../../../shared/problems'

/** Compilers name no file when an option is at fault; these sentences are about a key of the target specification. */
const SENTENCES: readonly { pattern: RegExp; key: TargetKeyName }[] = [
  { pattern: /unknown target CPU/, key: 'cpu' },
  { pattern: /unknown target triple|unknown target '|unable to create target/, key: 'llvm-target' },
  { pattern: /recognized feature for this target|unknown target feature|unsupported option '-m(?!cmodel)/, key: 'features' },
  { pattern: /code model|-mcmodel=/, key: 'code-model' },
  { pattern: /Unknown command line argument/, key: 'llvm-args' },
]

/** Point a problem without a file at the key of the specification that it is about. */
export function tieToTarget(problem: Problem, target: Target): void {
  if (problem.file !== undefined) return
  const key = SENTENCES.find(({ pattern }) => pattern.test(problem.message))?.key
  if (key === undefined || target.spec[key] === undefined) return
  Object.assign(problem, { source: 'target', file: target.file, ...target.locate(key) })
}
