import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { expectAccessible } from './accessibility'
import { expect, test } from './lab'

test('where writing is off, the button explains how to switch it on, and the image can be saved in the project', async ({ lab, server }) => {
  const { page } = lab
  await lab.createProject('boot-sector')
  await page.getByRole('button', { name: 'Write to USB…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Writing to drives is off here' })
  await expect(dialog.getByText('bootlab serve --allow-flash')).toBeVisible()
  const path = join(server.projects, 'boot-sector', 'saved.img.gz')
  await dialog.getByRole('button', { name: 'Save as a file instead…' }).click({ timeout: 40_000 })
  await dialog.getByRole('textbox', { name: 'Where to' }).fill(path)
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(dialog.getByText(`Saved: ${path}`)).toBeVisible()
  expect(existsSync(path)).toBe(true)
  await expectAccessible(page, 'dialog[open]')
  await lab.screenshot('63-usb-off')

  await dialog.getByRole('textbox', { name: 'Where to' }).fill(join(server.projects, 'elsewhere.img'))
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(dialog.getByText('Images can be saved only in the project’s folder here.')).toBeVisible()
  expect(existsSync(join(server.projects, 'elsewhere.img'))).toBe(false)
})
