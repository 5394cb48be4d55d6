import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './lab'

test('the notification centre keeps what was reported, and the status bar says that there is something new', async ({ lab, server }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  await expect(page.getByRole('button', { name: 'No notifications' })).toBeVisible()
  // A project that is gone cannot be built: a failure that a person has to read.
  await rm(join(server.projects, 'miniboot-c'), { recursive: true })
  await page.keyboard.press('ControlOrMeta+B')
  const toast = page.getByRole('region', { name: 'Notifications' }).getByRole('alert')
  await expect(toast).toBeVisible()
  const what = (await toast.locator('.notification-what').textContent()) ?? ''
  await toast.getByRole('button', { name: 'Dismiss' }).click()
  await expect(toast).toBeHidden()

  await page.getByRole('button', { name: 'Show 1 notification' }).click()
  const centre = page.getByRole('dialog', { name: 'Notification centre' })
  await expect(centre.getByRole('listitem')).toContainText(what)
  await expect(centre.getByRole('listitem')).toContainText('this minute')
  await lab.screenshot('37-notifications')
  await centre.getByRole('button', { name: 'Clear all' }).click()
  await expect(centre).toContainText('Nothing to report.')
})

test('the status bar tells compiler, target, firmware, and how fast the machine runs', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('blog-os-c')
  const status = page.getByRole('contentinfo', { name: 'Status' })
  await expect(status.getByRole('button', { name: /^zig \d/ })).toBeVisible()
  await expect(status.getByRole('button', { name: 'Target: x86_64-blog_os' })).toBeVisible()
  await expect(status.getByText('BIOS', { exact: true })).toBeVisible()
  await page.keyboard.press('F5')
  await expect(page.getByTestId('machine-speed')).toHaveText(/^[\d.]+ [kMG]? ?instructions\/s$/)
  await page.keyboard.press('Shift+F5')
  await expect(lab.machineStatus).toHaveText('Ended')
  await expect(page.getByTestId('machine-speed')).toHaveCount(0)
})
