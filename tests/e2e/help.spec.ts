import { expectAccessible } from './axe'
import { expect, test } from './lab'

test('the documentation is read beside the editor, page by page', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.page.keyboard.press('F1')
  await lab.page.keyboard.type('Documentation')
  await lab.page.keyboard.press('Enter')
  const page = lab.page.getByRole('article', { name: 'Your first kernel' })
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await lab.screenshot('help')

  await lab.page.getByRole('combobox', { name: 'Page' }).selectOption({ label: 'Disk images' })
  const images = lab.page.getByRole('article', { name: 'Disk images' })
  // A table, and a link to another page.
  await expect(images.getByRole('table').first()).toBeVisible()
  await images.getByRole('button').first().click()
  await expect(images).toHaveCount(0)
  await lab.page.getByRole('button', { name: 'Back to the page before' }).click()
  await expect(images).toBeVisible()
  await expectAccessible(lab.page, 'documentation')
})
