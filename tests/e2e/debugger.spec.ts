import { expect, test } from './lab'

test('a breakpoint in the source stops the kernel there; steps, registers, stack and timeline tell the rest', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('exceptions-c')
  await lab.openTab('kernel.c')
  const source = (await lab.projectFile('exceptions-c', 'kernel.c')).split('\n')
  const line = source.findIndex((text) => text.includes('kprintf("INT3 calls')) + 1

  // By the keyboard, at the line that the search has brought the cursor to.
  await lab.focusEditor()
  await page.keyboard.press('ControlOrMeta+F')
  await page.getByRole('textbox', { name: 'Find', exact: true }).fill('INT3 calls')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.keyboard.press('F9')
  await expect(page.locator('.breakpoint-glyph.breakpoint-waiting')).toBeVisible()

  await page.keyboard.press('F5')
  const status = lab.machineStatus
  await expect(status).toContainText(`Paused: breakpoint at kernel.c:${line}`, { timeout: 40_000 })
  await expect(page.locator('.breakpoint-glyph.breakpoint-set')).toBeVisible()
  await expect(page.locator('.paused-line')).toBeVisible()
  await expect(lab.screenText).not.toContainText('INT3')

  const registers = page.getByTestId('registers')
  await expect(registers).toContainText('Long mode, 64 bits · 4-level paging · privilege level 0')
  await page.keyboard.press('F10')
  await expect(status).toContainText('Paused after a step')
  await expect(registers.locator('[data-register="rip"]')).toHaveAttribute('data-changed', '')
  await lab.screenshot('60-debugger')

  await page.getByTestId('timeline').getByRole('button', { name: /^Kernel/ }).click()
  await expect(page.getByTestId('timeline-explanation')).toContainText('From here on your own code runs.')
  await lab.screenshot('61-timeline')
  await page.keyboard.press('Escape')

  for (const panel of ['Disassembly', 'Stack', 'Breakpoints']) {
    await page.keyboard.press('F1')
    await page.getByRole('combobox').fill(`show panel: ${panel}`)
    await page.keyboard.press('Enter')
  }
  await expect(page.getByTestId('stack').getByRole('list', { name: 'Call stack' })).toContainText('_start')
  await expect(page.getByTestId('breakpoints')).toContainText('1 hit')
  await lab.screenshot('62-stack-breakpoints')
  await page.getByRole('tab', { name: 'Disassembly' }).click()
  await expect(page.getByTestId('disassembly').locator('.code-next')).toBeVisible()
  await lab.screenshot('63-disassembly')

  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('INT3 calls the breakpoint handler')
})
