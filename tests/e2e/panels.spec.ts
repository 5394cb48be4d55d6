import { expect, test } from './lab'

test('panels are reached, moved, maximized, closed and brought back by keyboard; editor and terminal keep what they hold', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('testing-c')
  test.setTimeout(180_000)
  await page.keyboard.press('F5')
  // It ends by itself, and its report comes to the front: over the serial port, which goes on.
  await expect(page.getByTestId('report')).toContainText('The kernel ended the run')
  await page.getByRole('tab', { name: 'Serial', exact: true }).click()
  await expect(page.getByTestId('serial-com1')).toContainText('3 of 3 tests passed')
  await lab.focusEditor()
  await page.keyboard.type('/* typed, not saved */')

  const pane = (id: string) => page.locator(`#panel-${id}`)
  const box = async (id: string) => (await pane(id).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  // Around, in reading order: the log is below the editor.
  await page.keyboard.press('F7')
  await expect(pane('log').locator(':focus')).toHaveCount(1)
  await page.keyboard.press('Shift+F7')
  await expect(page.locator('.monaco-editor.focused')).toBeVisible()

  await page.keyboard.press('Alt+5')
  await expect(pane('serial').getByRole('textbox')).toBeFocused()
  const before = await box('serial')
  await page.keyboard.press('Control+Alt+Shift+ArrowLeft')
  await expect.poll(async () => (await box('serial')).x).toBeLessThan(before.x)
  await expect(page.getByTestId('serial-com1')).toContainText('3 of 3 tests passed')
  await lab.screenshot('32-moved')

  await page.keyboard.press('Control+F11')
  await expect.poll(async () => (await box('serial')).width).toBeGreaterThan(1300)
  await expect(pane('screen')).toBeHidden()
  await page.keyboard.press('Control+F11')
  await expect(pane('screen')).toBeVisible()

  const tab = page.getByRole('tab', { name: 'Serial', exact: true })
  await tab.focus()
  await page.keyboard.press('Delete')
  await expect(tab).toHaveCount(0)
  await page.keyboard.press('Alt+5')
  await expect(page.getByTestId('serial-com1')).toContainText('3 of 3 tests passed')

  await page.keyboard.press('F1')
  await page.getByRole('combobox').fill('reset the layout')
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await box('serial')).x).toBe(before.x)
  await expect(lab.editorLine('/* typed, not saved */')).toBeVisible()
})

test('a tab is dragged to another group, and the layout belongs to its project', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  const problems = page.getByRole('tab', { name: 'Problems' })
  const report = page.getByRole('tab', { name: 'Report' })
  await problems.dragTo(report)
  const right = async (): Promise<boolean> => ((await problems.boundingBox())?.x ?? 0) > 700
  await expect.poll(right).toBe(true)
  // The window stores what changed a moment later.
  await page.waitForTimeout(600)
  await page.reload()
  await lab.editorReady()
  await expect.poll(right).toBe(true)

  await page.getByRole('button', { name: 'Projects' }).click()
  await lab.createProject('blog-os-c')
  await expect.poll(right).toBe(false)
})

test('what the kernel says on port E9 opens a panel of its own', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await expect(lab.page.getByRole('tab', { name: 'Port E9' })).toHaveCount(0)
  await lab.replaceInEditor('for (;;)', 'asm volatile("outb %0, $0xe9" :: "a"((char)0x21)); for (;;)')
  await lab.page.keyboard.press('F5')
  const tab = lab.page.getByRole('tab', { name: 'Port E9' })
  await expect(tab).toHaveAttribute('aria-selected', 'false')
  await tab.click()
  await expect(lab.page.getByTestId('serial-debug')).toContainText('!')
})

test('a window of the smallest size stacks the panels, and all of them can be reached', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 640, height: 480 })
  await lab.createProject('miniboot-c')
  await lab.page.keyboard.press('F5')
  await expect(lab.page.getByTestId('machine-status')).toHaveText('Running')
  await lab.page.keyboard.press('Alt+4')
  await expect(lab.screen).toBeInViewport({ ratio: 1 })
  await expect(lab.screenText).toContainText('Hello, World !!')
  // The screen has the keyboard by now; its chord gives it back.
  await lab.page.keyboard.down('ControlLeft')
  await lab.page.keyboard.press('AltLeft')
  await lab.page.keyboard.up('ControlLeft')
  await lab.page.keyboard.press('Alt+1')
  await expect(lab.page.locator('.monaco-editor.focused')).toBeVisible()
  await lab.screenshot('33-smallest')
})
