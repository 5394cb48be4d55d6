import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts', 'packaging/**/*.test.ts', 'tests/{conformance,boot,desktop}/**/*.test.ts'],
    environment: 'node',
    // Else style sheets arrive empty, also as text.
    css: true,
    pool: 'forks',
    testTimeout: 30_000,
  },
})
