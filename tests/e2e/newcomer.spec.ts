/** The way of somebody who has never written a kernel, with the tour at their side: from the first page to an image that a computer can boot. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bootlab } from '../support/cli'
import { expect, test } from './lab'

test('start, pick a template, boot, break it, read the problem, fix, boot, step, write an image', async ({ lab, server }) => {
  const { page } = lab
  const tour = page.getByRole('complementary', { name: 'Tour of the first kernel' })
  const step = (title: string) => expect(tour.getByRole('heading', { name: title })).toBeVisible()
  const next = () => tour.getByRole('button', { name: 'Next' }).click()

  await page.getByRole('button', { name: 'Take the tour' }).click()
  await step('Pick a kernel to start from')
  await lab.screenshot('newcomer-1-start')
  await lab.createProject('miniboot-c')

  await step('The target specification')
  await next()
  await step('The entry code')
  await next()
  await step('Press F5')
  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await step('That was your kernel')
  await lab.screenshot('newcomer-2-booted')
  await next()

  await step('Break it')
  await lab.replaceInEditor('int cell = 0;', 'int cell = 0')
  await page.keyboard.press('F5')
  await step('Read what went wrong')
  await page.getByRole('tab', { name: /^Problems/ }).click()
  const problem = lab.problems.filter({ hasText: "expected ';'" })
  await expect(problem).toContainText('kernel.c:')
  await problem.click()
  await expect(page.locator('.glyph-error')).toBeVisible()
  await lab.screenshot('newcomer-3-broken')
  await next()

  await step('Mend it')
  await lab.replaceInEditor('int cell = 0', 'int cell = 0;')
  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')

  await expect(page.getByText(/^protected mode · /)).toBeVisible()
  await step('Stop the time')
  await page.keyboard.press('F8')
  await expect(lab.machineStatus).toContainText('Paused')
  await step('Look inside')
  await page.keyboard.press('F1')
  await page.keyboard.type('Show panel: Registers')
  await page.keyboard.press('Enter')
  const registers = page.locator('#panel-registers')
  await expect(registers).toContainText(/EIP|RIP/i)
  const executed = async (): Promise<number> => Number(/after ([\d,]+) instructions/.exec((await registers.textContent()) ?? '')?.[1]?.replaceAll(',', ''))
  await expect.poll(executed).toBeGreaterThan(0)
  const before = await executed()
  await page.keyboard.press('Alt+F11')
  await expect.poll(executed).toBe(before + 1)
  await lab.screenshot('newcomer-4-stepped')
  await page.keyboard.press('F8')
  await expect(lab.machineStatus).not.toContainText('Paused')
  await next()

  await step('Take it to a real PC')
  await tour.getByRole('button', { name: 'Done' }).click()
  await expect(tour).toHaveCount(0)

  await page.getByRole('button', { name: 'Write to USB…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Writing to drives is off here' })
  const path = join(server.projects, 'miniboot-c', 'first-kernel.img')
  await dialog.getByRole('button', { name: 'Save as a file instead…' }).click()
  await dialog.getByRole('textbox', { name: 'Where to' }).fill(path)
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(dialog.getByText(`Saved: ${path}`)).toBeVisible()
  await lab.screenshot('newcomer-5-written')
  // It is what a computer boots.
  expect((await readFile(path)).readUInt16LE(510)).toBe(0xaa55)
  expect(await bootlab(['boot', path, '--headless', '--until-text', 'Hello, World !!'])).toMatchObject({ code: 0 })
})
