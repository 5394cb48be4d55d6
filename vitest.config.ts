import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts', 'packaging/**/*.test.ts', 'tests/{conformance,boot,desktop}/**/*.test.ts'],
    environment: 'node',
    // Else style sheets arrive empty, also as text.
    css: true,
    pool: 'forks',
    // Much of a test's time goes to other programs, QEMU and compilers, which it waits for.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    globalSetup: ['tests/support/run-folder.ts'],
  },
})
