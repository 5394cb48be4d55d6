import { expect, test } from './lab'

test('edit the string, press F5, and the new text is on the VGA screen', async ({ lab }) => {
  await expect(lab.page.getByText('Start from a template')).toBeVisible()
  await lab.screenshot('01-welcome')
  await lab.createProject('miniboot-c')
  await expect(lab.page.getByText('Press F5 to build and boot').first()).toBeVisible()
  await lab.screenshot('02-project')

  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await lab.screenshot('03-booted')

  await lab.replaceInEditor('Hello, World !!', 'Good morning, kernel!')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Good morning, kernel!')
  await expect(lab.screenText).not.toContainText('Hello, World')
  expect(await lab.projectFile('miniboot-c', 'kernel.c')).toContain('Good morning, kernel!')
  await expect(lab.buildStatus).toContainText(/Built in \d+ m?s/)
  await lab.screenshot('04-edited')

  await lab.page.keyboard.press('Shift+F5')
  await expect(lab.machineStatus).toHaveText('Ended')
})

test('an error is listed, marked at its line, and gone when it is fixed', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.replaceInEditor('static const char message', 'static const chair message')
  await lab.page.keyboard.press('F5')

  await expect(lab.buildStatus).toContainText('Build failed')
  const source = (await lab.projectFile('miniboot-c', 'kernel.c')).split('\n')
  const line = source.findIndex((text) => text.includes('chair')) + 1
  expect(line).toBeGreaterThan(0)
  const problem = lab.problems.filter({ hasText: 'chair' })
  await expect(problem).toContainText(`kernel.c:${line}:`)
  await expect(lab.screenText).toHaveText('')

  // The way from the list to the place, the squiggle under it, and the sign in the margin of its line.
  await lab.tab('i386-miniboot.json').click()
  await problem.click()
  await expect(lab.tab('kernel.c')).toHaveAttribute('aria-selected', 'true')
  await expect(lab.page.locator('.squiggly-error')).toBeVisible()
  const marked = lab.page.locator('.glyph-error')
  await expect(marked).toBeVisible()
  const [sign, text] = await Promise.all([marked.boundingBox(), lab.editorLine('chair').boundingBox()])
  expect(Math.abs((sign?.y ?? 0) - (text?.y ?? 1000))).toBeLessThan(8)
  await expect(lab.page.getByText(`Ln ${line},`)).toBeVisible()
  await lab.screenshot('05-problem')

  await lab.replaceInEditor('static const chair message', 'static const char message')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await expect(lab.page.locator('.glyph-error')).toHaveCount(0)
  await expect(lab.page.locator('.squiggly-error')).toHaveCount(0)
})

test('a note of the compiler leads to the place that it speaks of', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.replaceInEditor('void start_entry(void)', 'static int message;\nvoid start_entry(void)')
  await lab.page.keyboard.press('F5')

  const first = (await lab.projectFile('miniboot-c', 'kernel.c')).split('\n').findIndex((text) => text.includes('char message[]')) + 1
  await expect(lab.problems).toHaveCount(2)
  await expect(lab.problems.first()).toContainText('redefinition')
  const note = lab.problems.filter({ hasText: 'Note: previous definition is here' })
  await expect(note).toContainText(`kernel.c:${first}:`)
  await note.click()
  await expect(lab.page.getByText(`Ln ${first},`)).toBeVisible()
  await lab.screenshot('13-note')
})

test('the 64-bit kernel boots in its colours, also in the light theme', async ({ lab }) => {
  await lab.page.emulateMedia({ colorScheme: 'light' })
  await lab.createProject('blog-os-c')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello World!')
  await expect(lab.page.getByText(/^long mode · [\d.]+ [kMG]? ?instructions/)).toBeVisible()
  await lab.screenshot('06-light')

  // Pixel by pixel as it was once looked at; again and again until the cursor is in the same half of its blinking.
  await expect(async () => {
    const url = String(await lab.page.evaluate(`document.querySelector('.screen-canvas').toDataURL('image/png')`))
    expect(Buffer.from(url.replace(/^data:image\/png;base64,/, ''), 'base64')).toMatchSnapshot('blog-os-c.png', { threshold: 0, maxDiffPixels: 0 })
  }).toPass({ timeout: 10_000 })
})

test('a triple fault ends the machine with a report', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.replaceInEditor('void start_entry(void)', 'void start_entry(void) { asm volatile("int $3"); }\nvoid unused(void)')
  await lab.page.keyboard.press('F5')
  await expect(lab.machineStatus).toHaveText('Ended')
  const report = lab.page.getByTestId('report')
  await expect(report.getByRole('heading', { name: 'Triple fault' })).toBeVisible()
  await expect(report).toContainText('int3')
  for (const register of ['rip', 'cr0', 'cr3', 'rsp']) await expect(report.locator('dt', { hasText: new RegExp(`^${register}$`) })).toBeVisible()
  await expect(report.getByRole('rowheader', { name: 'cs' })).toBeVisible()
  await lab.screenshot('11-triple-fault')
})
