import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningLab } from '../support/running-lab'
import { expect, test, type LabPage } from './lab'

const SHOWN_LINES = 200_000

/** Turns the open project into one that a script of its own builds. */
async function builtBy(script: string, lab: LabPage, server: RunningLab): Promise<void> {
  const folder = join(server.projects, 'miniboot-c')
  await writeFile(join(folder, 'build.mjs'), script)
  const manifest = { name: 'noisy', kind: 'command', command: [process.execPath, 'build.mjs'], output: 'boot.bin' }
  await writeFile(join(folder, 'bootlab.json'), JSON.stringify(manifest))
  await lab.page.reload()
  await lab.editorReady()
}

test('steps fold, colours show, places lead to the source, and the command of a step is copied', async ({ lab, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await lab.createProject('miniboot-c')
  const log = lab.page.getByRole('log')
  await lab.page.keyboard.press('ControlOrMeta+B')
  await expect(lab.buildStatus).toContainText('Built in')
  const compile = log.getByRole('button', { name: /^succeeded: compile kernel\.c/ })
  await expect(compile).toHaveAttribute('aria-expanded', 'false')
  await compile.press('Enter')
  await expect(compile).toHaveAttribute('aria-expanded', 'true')
  await expect(log.getByText(/^clang .*-c kernel\.c/)).toBeVisible()
  await log.getByRole('button', { name: 'Copy the command line' }).first().click()
  expect(await lab.page.evaluate('navigator.clipboard.readText()')).toMatch(/zig\S* clang .* -c kernel\.c$/)

  // A mistake: its step stands open, and the line leads to its place.
  await lab.replaceInEditor('int cell = 0;', 'int cell = nothing;')
  await lab.page.keyboard.press('ControlOrMeta+B')
  await expect(lab.buildStatus).toContainText('Build failed')
  await lab.page.getByRole('tab', { name: 'Build log' }).click()
  // The end of the log is in view; its beginning may be above.
  await log.press('Home')
  await expect(log.getByRole('button', { name: /^failed: compile kernel\.c/ })).toHaveAttribute('aria-expanded', 'true')
  await lab.screenshot('build-log-failed')
  await log.getByRole('button', { name: /kernel\.c:\d+:\d+/ }).first().click()
  await expect(lab.page.locator('.monaco-editor.focused')).toBeVisible()

  // A build of one's own, in colours.
  await builtBy(
    String.raw`console.log('\u001b[1;32mgenerating\u001b[0m tables'); console.log('kernel.c:2:1: \u001b[01;35m\u001b[Kwarning: \u001b[m\u001b[Klooks odd'); for (let i = 0; i < 300; i++) console.log('line ' + i); console.error('\u001b[38;2;255;90;60mdone for\u001b[m'); process.exitCode = 2`,
    lab,
    server,
  )
  await lab.page.keyboard.press('ControlOrMeta+B')
  await expect(lab.buildStatus).toContainText('Build failed')
  await lab.page.getByRole('tab', { name: 'Build log' }).click()
  await expect(log.getByText('done for').first()).toBeVisible()
  await log.focus()
  await lab.page.keyboard.press('ControlOrMeta+F')
  const field = lab.page.getByRole('textbox', { name: 'Find in the build log' })
  await field.fill('LINE 1')
  await expect(lab.page.getByRole('search').getByRole('status')).toHaveText('0 of 111 lines')
  await field.press('Enter')
  await field.press('Enter')
  await expect(lab.page.getByRole('search').getByRole('status')).toHaveText('2 of 111 lines')
  await expect(log.locator('.log-current')).toHaveText('line 10')
  await lab.screenshot('build-log-search')
  await field.press('Escape')
  await expect(field).toBeHidden()
  await log.press('Home')
  await expect(log.getByText('generating')).toHaveCSS('font-weight', '700')
  await expect(log.getByRole('button', { name: 'kernel.c:2:1', exact: true })).toBeVisible()
  await lab.page.getByRole('button', { name: 'Jump to the end' }).click()
  await expect(log.getByText('done for').first()).toBeVisible()
  await expect(lab.page.getByRole('button', { name: 'Jump to the end' })).toBeHidden()
})

test(`${SHOWN_LINES} lines arrive while the window stays quick`, async ({ lab, server }) => {
  await lab.createProject('miniboot-c')
  await builtBy(
    `import { writeFileSync } from 'node:fs'
    const sector = Buffer.alloc(512); sector.set([0x55, 0xaa], 510); writeFileSync('boot.bin', sector)
    const text = Array.from({ length: ${SHOWN_LINES} }, (_, i) => 'CC [M]  drivers/some/folder/file_' + i + '.o  -O2 -Wall -ffreestanding').join('\\n')
    process.stdout.write(text + '\\nwarning: the last line\\n')`,
    lab,
    server,
  )
  await lab.page.evaluate(`(() => {
    window.frameTimes = []; let last = performance.now()
    const next = (now) => { window.frameTimes.push(now - last); last = now; requestAnimationFrame(next) }
    requestAnimationFrame(next)
  })()`)
  const frames = async (): Promise<{ longest: number; average: number; count: number }> => {
    const times = await lab.page.evaluate<number[]>('window.frameTimes.splice(0)')
    return { longest: Math.max(...times), average: times.reduce((a, b) => a + b, 0) / times.length, count: times.length }
  }
  await frames()
  const log = lab.page.getByRole('log')
  const started = Date.now()
  await lab.page.keyboard.press('ControlOrMeta+B')
  await expect(log.getByText('the last line')).toBeVisible({ timeout: 30_000 })
  const appending = await frames()
  const milliseconds = Date.now() - started
  await log.hover()
  for (let turn = 0; turn < 40; turn++) await lab.page.mouse.wheel(0, turn < 20 ? -4_000 : 4_000)
  const scrolling = await frames()
  // Turns of the wheel may still be on their way.
  const jump = (key: string, text: string): Promise<void> =>
    expect(async () => {
      await log.press(key)
      await expect(log.getByText(text)).toBeVisible({ timeout: 2000 })
    }).toPass()
  await jump('Home', 'file_0.o')
  await jump('End', 'the last line')
  const jumping = await frames()
  test.info().annotations.push({ type: 'frames', description: JSON.stringify({ milliseconds, appending, scrolling, jumping }) })
  // Far from what is measured, so that a busy computer does not fail it: the store copying its lines would take minutes.
  expect(appending.longest).toBeLessThan(1_500)
  expect(scrolling.longest).toBeLessThan(1_000)
})
