/** The backends that judges run on: the translating one also when it translates whatever it meets, and when it has room for one region only. */
import type { BackendName } from '../../src/main/emulator/cpu/cpu'
import { blockWith } from '../../src/main/emulator/cpu/jit/block'
import type { BackendFactory } from '../../src/main/emulator/cpu/semantics/backend'

const JUDGED_BACKENDS: Readonly<Record<string, BackendName | BackendFactory>> = {
  interp: 'interp', oracle: 'oracle', block: 'block', 'block-eager': blockWith({ threshold: 0 }), 'block-small': blockWith({ threshold: 50, codeBytes: 0 }),
}

/** @throws on another name */
export function judgedBackend(name: string): BackendName | BackendFactory {
  const backend = JUDGED_BACKENDS[name]
  if (backend === undefined) throw new Error(`There is no backend ${name}; there are ${Object.keys(JUDGED_BACKENDS).join(', ')}.`)
  return backend
}
