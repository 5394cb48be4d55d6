// `npm test`: everything that can judge the project here, and one closing line `N passed, N failed, N skipped`.
// A judge that is missing (QEMU, Chromium, cargo) is skipped on a developer's machine and fails with CI set.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const root = fileURLToPath(new URL('..', import.meta.url))
const results = join(root, 'test-results')
const bin = (name) => join(root, 'node_modules', name)
const total = { passed: 0, failed: 0, skipped: 0 }

/** Runs a Node program of node_modules with its output shown; returns whether it ended well. */
function run(title, script, args, env = {}) {
  console.log(`\n── ${title}`)
  const { status } = spawnSync(process.execPath, [bin(script), ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  return status === 0
}

/** A check without single tests: it counts as one. */
function check(title, script, args) {
  if (run(title, script, args)) total.passed += 1
  else total.failed += 1
}

/** A test runner: counted by its own JSON report; a missing or empty report is a failure. */
function suite(title, script, args, env, report, count) {
  const file = join(results, report)
  rmSync(file, { force: true })
  const ok = run(title, script, args, env)
  if (!existsSync(file)) {
    total.failed += 1
    console.log(`${title} wrote no report (${file}): it did not get as far as running tests.`)
    return
  }
  const counts = count(JSON.parse(readFileSync(file, 'utf8')))
  for (const key of Object.keys(total)) total[key] += counts[key]
  if (!ok && counts.failed === 0) total.failed += 1
}

mkdirSync(results, { recursive: true })
check('Build', 'electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn'])
for (const part of ['node', 'preload', 'renderer']) check(`Types: ${part}`, 'typescript/bin/tsc', ['-p', `tsconfig.${part}.json`])
check('Lint', 'oxlint/bin/oxlint', [])
check('Import boundaries', 'dependency-cruiser/bin/dependency-cruise.mjs', ['src', '--config', '.dependency-cruiser.cjs'])
suite('Unit, conformance, boot and desktop tests', 'vitest/vitest.mjs', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${join(results, 'vitest.json')}`], {}, 'vitest.json', (report) => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length,
  skipped: report.numPendingTests + report.numTodoTests,
}))
suite('End-to-end tests', '@playwright/test/cli.js', ['test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: join(results, 'playwright.json') }, 'playwright.json', (report) => ({
  passed: report.stats.expected + report.stats.flaky,
  failed: report.stats.unexpected + report.errors.length,
  skipped: report.stats.skipped,
}))

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1
