import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Whatever is under `tests` takes long: at the end one long file would have the computer for itself. Within both, the order of vitest. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): number => Number(/\/tests\/(boot|conformance|desktop)\//.test(moduleId))
    // oxlint-disable-next-line unicorn/no-array-sort
    const usual = await super.sort(files)
    return usual.toSorted((one, other) => isLong(other) - isLong(one))
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts', 'packaging/**/*.test.ts', 'tests/{conformance,boot,desktop}/**/*.test.ts'],
    environment: 'node',
    // Else style sheets arrive empty, also as text.
    css: true,
    pool: 'forks',
    // Files that follow each other in a process share what they import, compiled, and the assembled interpreter. Who changes something of the process,
    // such as its environment, changes it back.
    isolate: false,
    sequence: { sequencer: LongFirst },
    // Much of a test's time goes to other programs, QEMU and compilers, which it waits for.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // For what hangs; a busy computer may take ten times as long as an idle one.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    globalSetup: ['tests/support/run-folder.ts'],
  },
})
