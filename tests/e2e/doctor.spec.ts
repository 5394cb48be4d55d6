import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './lab'

const AGED = join(import.meta.dirname, '..', 'fixtures', 'target-specs', 'blog-os-2018-11.json')

test('a specification of 2018 is mended in the editor: looked at, one by one, and all at once', async ({ lab, server }) => {
  const { page } = lab
  await lab.createProject('blog-os-c')
  const path = 'x86_64-blog_os.json'
  await writeFile(join(server.projects, 'blog-os-c', path), await readFile(AGED, 'utf8'))
  // The window notices what another program did when the person comes back to it.
  await page.evaluate('window.dispatchEvent(new Event("focus"))')
  await lab.openTab(path)
  await page.getByRole('tab', { name: 'Problems' }).click()
  const findings = page.getByRole('list', { name: 'Problems' }).getByRole('listitem')
  await expect(findings).toHaveCount(2)
  await expect(findings.first()).toContainText('"target-pointer-width" is a number, and stands here in quotes.')
  await expect(findings.first()).toContainText('Why:')
  await expect(page.locator('.squiggly-error').first()).toBeVisible()
  await lab.screenshot('20-findings')

  await findings.first().getByRole('button', { name: 'Fix…' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.locator('.diff-added')).toHaveText(/\+ {2}"target-pointer-width": 64,/)
  await lab.screenshot('21-fix')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(findings).toHaveCount(2)

  await page.getByRole('button', { name: 'Fix all (2)…' }).click()
  await expect(dialog.locator('.diff-removed')).toHaveCount(2)
  await lab.screenshot('22-fix-all')
  await dialog.getByRole('button', { name: 'Make the changes' }).click()
  await expect(findings).toHaveCount(0)
  await expect(lab.editorLine('"target-c-int-width": 32')).toBeVisible()
  expect(await lab.projectFile('blog-os-c', path)).toContain('"target-c-int-width": "32"')

  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello World!')
  expect(await lab.projectFile('blog-os-c', path)).toContain('"target-c-int-width": 32')
})

test('the light bulb mends what is typed, before it is saved', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('blog-os-c')
  const path = 'x86_64-blog_os.json'
  await lab.openTab(path)
  await lab.replaceInEditor('disable-redzone', 'disable_redzone')
  await page.getByRole('tab', { name: 'Problems' }).click()
  await expect(page.getByRole('button', { name: 'Fix…' })).toBeVisible()
  await lab.focusEditor()
  await page.keyboard.press('ControlOrMeta+.')
  const menu = page.locator('.action-widget').first()
  await expect(menu).toContainText('Write "disable-redzone" instead')
  await lab.screenshot('23-light-bulb')
  await page.keyboard.press('Enter')
  await expect(lab.editorLine('"disable-redzone"')).toBeVisible()
  await expect(page.locator('.squiggly-warning, .squiggly-error')).toHaveCount(0)
})
