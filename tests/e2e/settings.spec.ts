import { expect, test } from './lab'

test('settings are found, apply at once, and are remembered', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  await lab.focusEditor()
  const lineHeight = async (): Promise<number> => (await page.locator('.monaco-editor .view-line').first().boundingBox())?.height ?? 0
  await expect.poll(lineHeight).toBe(20)
  const before = 20
  await page.keyboard.press('ControlOrMeta+,')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('searchbox').fill('font size')
  await expect(dialog.locator('.setting')).toHaveCount(2)
  const size = dialog.getByRole('spinbutton', { name: 'Font size', exact: true })
  await expect(size).toHaveAccessibleDescription(/From 8 to 40\./)
  await size.fill('26')
  await expect.poll(lineHeight).toBeGreaterThan(before * 1.8)
  await dialog.getByRole('searchbox').fill('theme')
  await dialog.getByRole('combobox', { name: 'Colour theme' }).selectOption('hc-light')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'hc-light')
  await expect(page.locator('.monaco-editor').first()).toHaveClass(/hc-light/)
  await lab.screenshot('34-settings')
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.waitForTimeout(600)
  await page.reload()
  await lab.editorReady()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'hc-light')
  await expect.poll(lineHeight).toBeGreaterThan(before * 1.8)

  await page.keyboard.press('ControlOrMeta+,')
  await dialog.getByRole('button', { name: 'Reset Font size to its default' }).click()
  await expect.poll(lineHeight).toBe(before)
})

test('the zoom changes everything, and is remembered', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  const toolbar = async (): Promise<number> => (await page.locator('.toolbar').boundingBox())?.height ?? 0
  const line = async (): Promise<number> => (await page.locator('.monaco-editor .view-line').first().boundingBox())?.height ?? 0
  const lineHeight = 20
  await expect.poll(line).toBe(lineHeight)
  const height = await toolbar()
  for (let step = 0; step < 5; step++) await page.keyboard.press('ControlOrMeta+=')
  await expect.poll(toolbar).toBeCloseTo(height * 1.5, 0)
  await expect.poll(line).toBeCloseTo(lineHeight * 1.5, 0)
  await lab.screenshot('35-zoomed')
  await page.waitForTimeout(600)
  await page.reload()
  await lab.editorReady()
  await expect.poll(toolbar).toBeCloseTo(height * 1.5, 0)
  await page.keyboard.press('ControlOrMeta+-')
  await expect.poll(toolbar).toBeCloseTo(height * 1.4, 0)
  await page.keyboard.press('ControlOrMeta+0')
  await expect.poll(toolbar).toBe(height)
})

test('the language changes without a restart, and the system decides at first', async ({ lab, browser, server }) => {
  test.setTimeout(180_000)
  const { page } = lab
  await lab.createProject('miniboot-c')
  await page.keyboard.press('F1')
  await page.getByRole('combobox').fill('choose the language')
  await page.keyboard.press('Enter')
  const picker = page.getByRole('dialog', { name: 'Language' })
  await picker.getByRole('option', { name: '简体中文' }).click()
  await expect(page.getByRole('button', { name: '启动', exact: true })).toBeVisible()
  await expect(page.getByRole('tab', { name: '构建日志' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await page.keyboard.press('F5')
  await expect(page.getByTestId('machine-status')).toHaveText('正在运行')
  await expect(page.getByText(/^保护模式 · [\d.]+万? 条指令/)).toBeVisible()
  await lab.screenshot('36-chinese')

  const chinese = await browser.newContext({ locale: 'zh-TW' })
  const other = await chinese.newPage()
  // The choice of before is for everybody who uses this lab's data: back to the system's.
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('combobox', { name: '语言', exact: true }).selectOption('system')
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible()
  await page.waitForTimeout(600)
  await other.goto(server.url)
  await expect(other.getByRole('tab', { name: '构建日志' })).toBeVisible()
  await chinese.close()
})

test('the machine takes the keyboard at its boot, and the right Ctrl gives it back', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('boot-sector')
  await page.keyboard.press('ControlOrMeta+,')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('switch', { name: 'Keyboard on boot' }).click()
  await dialog.getByRole('combobox', { name: 'Keys that leave the machine' }).selectOption('right-ctrl')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Type, and I shall repeat:')
  await expect(lab.screen).toBeFocused()
  await page.keyboard.type('at once')
  await expect(lab.screenText).toContainText('repeat: at once')
  await page.keyboard.press('ControlRight')
  await expect(lab.screen).not.toBeFocused()
})
