import { expectAccessible } from './axe'
import { expect, test } from './lab'

const THEMES = [
  { name: 'dark', colorScheme: 'dark', contrast: 'no-preference' },
  { name: 'light', colorScheme: 'light', contrast: 'no-preference' },
  { name: 'hc-dark', colorScheme: 'dark', contrast: 'more' },
  { name: 'hc-light', colorScheme: 'light', contrast: 'more' },
] as const

for (const { name, colorScheme, contrast } of THEMES) {
  test(`everything is accessible in the theme ${name}, which the system asks for`, async ({ lab }) => {
    test.setTimeout(300_000)
    const { page } = lab
    await page.emulateMedia({ colorScheme, contrast })
    await expect(page.locator('html')).toHaveAttribute('data-theme', name)
    await expect(page.locator('.card-picture').first()).toBeVisible()
    await expectAccessible(page, `${name}, welcome`)
    await lab.screenshot(`40-welcome-${name}`)

    await lab.createProject('miniboot-c')
    await expectAccessible(page, `${name}, project`)
    await lab.replaceInEditor('void start_entry(void)', 'void start_entry(void) { asm volatile("int $3"); }\nvoid unused(int a)')
    await page.keyboard.press('F5')
    await expect(page.getByTestId('report')).toContainText('Triple fault')
    await expectAccessible(page, `${name}, report`)
    await lab.screenshot(`41-report-${name}`)
    await lab.replaceInEditor('static const char message', 'static const chair message')
    await page.keyboard.press('F5')
    await expect(lab.problems.first()).toBeVisible()
    await expectAccessible(page, `${name}, problems`)

    for (const [keys, dialog] of [
      ['F1', 'Commands'],
      ['ControlOrMeta+,', 'Settings'],
      ['Shift+F1', 'Keyboard shortcuts'],
    ] as const) {
      await page.keyboard.press(keys)
      await expect(page.getByRole('dialog', { name: dialog })).toBeVisible()
      await expectAccessible(page, `${name}, ${dialog}`)
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog', { name: dialog })).toBeHidden()
    }
    await page.getByRole('button', { name: 'No notifications' }).click()
    await expectAccessible(page, `${name}, notification centre`)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /^zig \d/ }).click()
    await expect(page.locator('.doctor-list')).toBeVisible()
    await expectAccessible(page, `${name}, toolchain`)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Fix…' }).first().click()
    await expectAccessible(page, `${name}, fix`)
  })
}

test('with forced colours the window takes a theme of high contrast, and focus is seen', async ({ lab }) => {
  const { page } = lab
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' })
  await expect(page.locator('html')).toHaveAttribute('data-contrast', 'high')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await lab.screenshot('42-forced-colours')
})
