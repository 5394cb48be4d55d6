/** Trees that only their own build script understands: make (or the script) is run, with Bootlab's tools. */
import { posix } from 'node:path'
import type { BuildScript } from './build-scripts'
import { COMMON, LENIENT } from './native'
import { planOf, type Guess, type ImportPlan } from './plan'

/** Variables of Makefiles that name a tool which Bootlab has. */
const TOOL_VARIABLES = ['CC', 'LD', 'AR', 'OBJCOPY'] as const

/**
 * @param why one sentence: why the sources are not built one by one
 * @returns undefined when the script does not tell what it makes
 */
export function planCommand(script: BuildScript, name: string, why: string): ImportPlan | undefined {
  const output = script.kernels[0]
  if (output === undefined) return undefined
  const guesses: Guess[] = [{ what: `Built by ${script.path}`, why }]
  guesses.push({ what: `It makes ${output}`, why: script.kernels.length > 1 ? `Of ${script.kernels.join(', ')}, this is the likeliest to boot.` : `${script.path} writes it.` })
  const overridden = TOOL_VARIABLES.filter((variable) => script.variables.includes(variable))
  if (overridden.length > 0) guesses.push({ what: `Bootlab's own tools as ${overridden.join(', ')}`, why: `${script.path} has these variables.` })
  // A target by its name, so that nothing beyond it is made, such as a CD image.
  const command = script.kind === 'make' ? ['make', ...overridden.map((variable) => `${variable}=${[`{${variable}}`, ...(variable === 'CC' ? [COMMON, ...LENIENT] : [])].join(' ')}`), output] : ['sh', script.path]
  return planOf({ name, kind: 'command', command, output: posix.normalize(output) }, { guesses })
}
