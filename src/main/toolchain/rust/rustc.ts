/** What rustc tells about targets; remembered for each rustc. */
import { z } from 'zod'
import { runProcess } from '../process'
import type { RustCall } from './cargo'
import { remember } from './remember'

const printedSchema = z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), text: z.string() }), z.object({ ok: z.literal(false), why: z.string() })])

/** The specification of a built-in target, as JSON text, or rustc's sentence when there is none of that name. */
export function printTargetSpec(name: string, { tools, cwd, env, signal }: RustCall): Promise<z.infer<typeof printedSchema>> {
  return remember({
    kind: 'rustc-targets',
    key: [tools.rustc, tools.rustcVersion, name],
    schema: printedSchema,
    inputs: () => [tools.rustc],
    ask: async () => {
      const result = await runProcess({ command: tools.rustc, args: ['--print', 'target-spec-json', '-Zunstable-options', '--target', name], cwd, env, signal })
      if (result.code === 0) return { ok: true, text: result.stdout }
      const why = /^error: (.*)$/m.exec(result.stderr)?.[1] ?? result.stderr.trim()
      return { ok: false, why: why.startsWith('could not find specification') || why.includes('loading target specification') ? `rustc knows no target "${name}".` : `rustc does not describe the target "${name}": ${why}.` }
    },
  })
}
