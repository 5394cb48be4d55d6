import { defineConfig } from '@playwright/test'
import { requireTool } from './tests/support/tools'

const chromium = requireTool('chromium') ?? requireTool('google-chrome') ?? requireTool('chrome')

/** End-to-end tests: the built lab in a system-wide Chromium. Without one they skip; in CI that is a failure. */
export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results/e2e',
  // The screen's pixels are made by the lab alone, and the same everywhere. A change is accepted by: npx playwright test --update-snapshots
  snapshotPathTemplate: '{testDir}/goldens/{arg}{ext}',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 1,
  reporter: [['list']],
  forbidOnly: process.env['CI'] !== undefined,
  // A browser on a loaded computer may miss a moment; what passes only the second time is listed as flaky.
  retries: process.env['CI'] === undefined ? 0 : 1,
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      // Chromium refuses its sandbox to root, who runs the tests in most containers.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
})
