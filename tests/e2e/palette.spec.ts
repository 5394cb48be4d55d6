import { expect, test } from './lab'

test('the palette finds commands by a few letters, runs them, and knows what was used last', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  await lab.focusEditor()
  // Typed on at once: nothing of it goes to the text.
  await page.keyboard.press('ControlOrMeta+Shift+P')
  await page.keyboard.type('zoom')
  const palette = page.getByRole('dialog', { name: 'Commands' })
  const field = palette.getByRole('combobox')
  await expect(field).toHaveValue('zoom')
  await expect(field).toBeFocused()
  // Nothing runs: what switches the machine off is not offered.
  await field.fill('switch the machine off')
  await expect(palette.getByText('Nothing fits.')).toBeVisible()
  await field.fill('sabuboo')
  await expect(palette.getByRole('option').first()).toHaveText(/Machine: Save all, build and boot\s*F5/)
  await expect(palette.getByRole('option').first()).toHaveAttribute('aria-selected', 'true')
  await lab.screenshot('30-palette')
  await page.keyboard.press('Enter')
  await expect(palette).toBeHidden()
  await expect(lab.screenText).toContainText('Hello, World !!')

  await page.keyboard.press('F1')
  await expect(palette.getByRole('option').first()).toContainText('Save all, build and boot')
  await expect(palette.getByRole('option').first()).toContainText('recently used')
  await page.keyboard.press('ArrowDown')
  await expect(palette.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Escape')
  await expect(palette).toBeHidden()
})

test('a file is opened by parts of its name', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('vga-text-c')
  await page.keyboard.press('ControlOrMeta+P')
  const picker = page.getByRole('dialog', { name: 'Go to file' })
  await picker.getByRole('combobox').fill('prh')
  await expect(picker.getByRole('option').first()).toHaveText(/print\.h|ports\.h/)
  await picker.getByRole('combobox').fill('printh')
  await expect(picker.getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(lab.tab('print.h')).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Alt+PageUp')
  await expect(lab.tab('print.h')).toHaveAttribute('aria-selected', 'false')
})

test('the page of shortcuts lists every command with its keys', async ({ lab }) => {
  const { page } = lab
  await page.keyboard.press('Shift+F1')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(dialog.getByRole('row', { name: /Save all, build and boot.*F5/ })).toBeVisible()
  await dialog.getByRole('searchbox').fill('zoom')
  await expect(dialog.getByRole('rowheader')).toHaveCount(3)
  await lab.screenshot('31-shortcuts')
})
