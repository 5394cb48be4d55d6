import { expectAccessible } from './axe'
import { expect, test } from './lab'

// Cold builds on a loaded computer take their time.
test.describe.configure({ timeout: 180_000 })

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
  await expect(status).toContainText(`Paused after a step at kernel.c:${line + 1}`)
  await expect(registers.locator('[data-register="rip"]')).toHaveAttribute('data-changed', '')
  await lab.screenshot('60-debugger')

  await expect(lab.screenText).toContainText('INT3 calls the breakpoint handler')

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
  await expectAccessible(page, 'dark, stack', '#panel-stack')
  await expectAccessible(page, 'dark, breakpoints', '#panel-breakpoints')
  await page.getByRole('tab', { name: 'Disassembly' }).click()
  await expect(page.getByTestId('disassembly').locator('.code-next')).toBeVisible()
  await lab.screenshot('63-disassembly')
  await expectAccessible(page, 'dark, disassembly', '#panel-disassembly')

  // Into the handler of INT3, which is assembly, and out again: by instructions, where the disassembly has the keyboard.
  await page.getByTestId('disassembly').locator('.code-next').focus()
  await page.keyboard.press('F11')
  await expect(status).toContainText('entry.S')
  await lab.screenshot('64-step-into')

  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('and here the kernel goes on')
})

test('a triple fault: the report leads to its line, and back to the moment before', async ({ lab }) => {
  const { page } = lab
  await page.emulateMedia({ colorScheme: 'light' })
  await lab.createProject('miniboot-c')
  await lab.replaceInEditor('int cell = 0;', 'int cell = 0; asm volatile("ud2");')
  const line = (await lab.projectFile('miniboot-c', 'kernel.c')).split('\n').findIndex((text) => text.includes('int cell = 0;')) + 1
  await page.keyboard.press('F5')
  const report = page.getByTestId('report')
  await expect(report.getByRole('heading', { name: 'Triple fault' })).toBeVisible({ timeout: 40_000 })
  await expect(report.getByRole('button', { name: `kernel.c:${line}` })).toBeVisible()
  await lab.screenshot('65-fault-report')

  await report.getByRole('button', { name: 'Boot again and pause at the fault' }).click()
  await expect(lab.machineStatus).toContainText('Paused: triple fault (#UD')
  await expect(page.locator('.paused-line')).toBeVisible()
  await expect(page.getByTestId('registers')).toContainText('Protected mode, 32 bits · no paging')

  // A value is changed by hand, and what was no value is refused.
  const rax = page.getByTestId('registers').locator('[data-register="rax"]')
  await rax.getByRole('button').dblclick()
  await page.getByRole('textbox', { name: /^New value of eax/ }).fill('1234abcd')
  await page.keyboard.press('Enter')
  await expect(rax).toContainText('1234abcd')
  await lab.screenshot('66-fault-paused')
  await expectAccessible(page, 'light, registers', '#panel-registers')
  await expectAccessible(page, 'light, screen', '#panel-screen')
  await page.keyboard.press('F8')
  await expect(lab.machineStatus).toHaveText('Ended')
  await expect(page.getByTestId('timeline').getByRole('button', { name: /^Fault/ })).toBeVisible()
})

test('breakpoints of every kind are added by hand, kept with the project, and set in each machine before it runs', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  await page.keyboard.press('F1')
  await page.getByRole('combobox').fill('show panel: breakpoints')
  await page.keyboard.press('Enter')
  const panel = page.getByTestId('breakpoints')
  await expect(panel).toContainText('No breakpoints yet.')
  const kind = panel.getByRole('combobox', { name: 'Kind' })
  const add = panel.getByRole('button', { name: 'Add' })
  const rows = panel.getByRole('list', { name: 'Breakpoints' }).getByRole('listitem')

  await panel.getByRole('textbox', { name: /symbol/ }).fill('no such place')
  await add.click()
  await expect(panel.getByRole('alert')).toContainText('Give an address such as')
  await panel.getByRole('textbox', { name: /symbol/ }).fill('nowhere')
  await add.click()
  await kind.selectOption('Memory')
  await panel.getByRole('textbox', { name: 'Address' }).fill('0xb8000')
  await add.click()
  await kind.selectOption('Interrupt')
  await panel.getByRole('textbox', { name: /Vector/ }).fill('#PF')
  await add.click()
  await kind.selectOption('Processor mode')
  await panel.getByRole('combobox', { name: 'Mode entered' }).selectOption('protected mode')
  await add.click()
  await expect(rows).toHaveCount(4)
  // The window stores what changed a moment later.
  await page.waitForTimeout(600)
  await page.reload()
  await lab.editorReady()
  await expect(rows).toHaveCount(4)

  await page.keyboard.press('F5')
  await expect(lab.machineStatus).toContainText('Paused: from real mode to protected mode', { timeout: 40_000 })
  // There is no source: the instructions came to the front.
  await expect(page.getByTestId('disassembly').locator('.code-next')).toBeVisible()
  await page.getByRole('tab', { name: 'Breakpoints' }).click()
  await expect(rows.filter({ hasText: 'nowhere' })).toContainText('It is not set: The kernel has no symbol "nowhere".')
  await lab.screenshot('67-breakpoints')
  await rows.filter({ hasText: 'enters protected mode' }).getByRole('checkbox').uncheck()
  await page.keyboard.press('F5')
  await expect(lab.machineStatus).toContainText('bytes written at 0xb8000')
  await expect(rows.filter({ hasText: '0xb8000' })).toContainText('1 hit')

  // In the smallest window everything is still there.
  await page.setViewportSize({ width: 640, height: 480 })
  await page.keyboard.press('F6')
  await expect(page.getByTestId('pause')).toBeVisible()
  await expect(page.getByTestId('timeline').getByRole('button').first()).toBeVisible()
  await lab.screenshot('68-narrow')
  // The screen has the keyboard; of a paused machine the debugger's keys are the lab's.
  await page.keyboard.press('F8')
  await expect(lab.machineStatus).toContainText('bytes written at 0xb8002')
})
