import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { expect, test } from './lab'

test('text is selected and copied, and the screen is saved, recorded and shown in other sizes', async ({ lab, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const { page } = lab
  const clipboard = (): Promise<unknown> => page.evaluate('navigator.clipboard.readText()')
  await lab.createProject('miniboot-c')
  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await expect(page.getByTestId('screen-mode')).toHaveText('Text 80 × 25')
  const menu = page.getByRole('button', { name: /^Screen: copy/ })

  // A double click selects a word and leaves the keyboard where it is; Shift and arrows go on from there.
  const canvas = page.locator('.screen-canvas')
  const box = await canvas.boundingBox()
  if (!box) throw new Error('The screen is not shown.')
  const lines = (await lab.screenText.textContent())?.split('\n') ?? []
  const row = lines.findIndex((line) => line.includes('Hello'))
  const column = (lines[row] ?? '').indexOf('Hello')
  const at = (cell: number): [number, number] => [box.x + ((cell + 0.5) * box.width) / 80, box.y + ((row + 0.5) * box.height) / 25]
  await page.mouse.move(...at(column))
  await page.mouse.down()
  await page.mouse.move(...at(column + 4), { steps: 3 })
  await page.mouse.up()
  await expect(lab.screen).not.toHaveAttribute('data-takes-keyboard')
  await page.keyboard.press('ControlOrMeta+C')
  expect(await clipboard()).toBe('Hello')
  for (let i = 0; i < 7; i++) await page.keyboard.press('Shift+ArrowRight')
  await lab.screenshot('pc-selection')
  await page.keyboard.press('ControlOrMeta+C')
  expect(await clipboard()).toBe('Hello, World')
  await page.mouse.dblclick(...at(column + 8))
  await expect(page.locator('.screen-selected')).toHaveCount(1)
  // A click is still the machine's.
  await page.mouse.click(...at(column + 30))
  await expect(lab.screen).toHaveAttribute('data-takes-keyboard')
  await page.keyboard.press('ControlRight')
  await page.getByRole('tab', { name: /^Screen/ }).click()

  // At the guest's own size, whatever size it is shown in.
  await menu.click()
  await lab.screenshot('pc-menu')
  await page.getByRole('radio', { name: 'As large as fits' }).check()
  await page.getByRole('radio', { name: '4:3, as on a VGA monitor' }).check()
  const shown = await canvas.boundingBox()
  expect((shown?.width ?? 0) / (shown?.height ?? 1)).toBeCloseTo(4 / 3, 2)
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Save a picture/ }).click()])
  const png = PNG.sync.read(await readFile(await saved.path()))
  expect([png.width, png.height]).toEqual([640, 400])
  expect(saved.suggestedFilename()).toMatch(/^bootlab-.*\.png$/)

  await menu.click()
  await page.getByRole('button', { name: /^Record the screen/ }).click()
  const recording = page.getByRole('button', { name: 'Stop the recording and save it' })
  await expect(recording).toContainText('0:01')
  await lab.screenshot('pc-recording')
  const [animation] = await Promise.all([page.waitForEvent('download'), recording.click()])
  const gif = await readFile(await animation.path())
  expect(gif.subarray(0, 6).toString()).toBe('GIF89a')
  expect([gif.readUInt16LE(6), gif.readUInt16LE(8)]).toEqual([640, 400])
  await expect(recording).toBeHidden()
})

test('memory, processor and a further drive hold from the next boot on', async ({ lab, server }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  const image = join(server.projects, 'data.img')
  await writeFile(image, Buffer.alloc(1 << 20, 0x5a))
  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await page.getByRole('button', { name: /^Screen: copy/ }).click()
  await page.getByRole('button', { name: 'Machine settings…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Machine settings' })
  await dialog.getByLabel('Memory in MiB').fill('9999')
  await expect(dialog.getByRole('button', { name: 'Save and boot anew' })).toBeDisabled()
  await dialog.getByLabel('Memory in MiB').fill('64')
  await dialog.getByLabel('Processor', { exact: true }).selectOption('pentium')
  await dialog.getByRole('button', { name: 'Add a drive' }).click()
  await dialog.getByLabel('Path of the image file').fill('/nowhere/data.img')
  await lab.screenshot('pc-settings')
  await dialog.getByRole('button', { name: 'Save and boot anew' }).click()
  await expect(page.getByText('There is no such file.')).toBeVisible()

  await page.getByRole('button', { name: /^Screen: copy/ }).click()
  await page.getByRole('button', { name: 'Machine settings…' }).click()
  await expect(dialog.getByLabel('Memory in MiB')).toHaveValue('64')
  await dialog.getByLabel('Path of the image file').fill(image)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await page.getByRole('button', { name: 'Send keys to the machine' }).click()
  await lab.screenshot('pc-keys')
  await expect(page.getByRole('button', { name: 'Ctrl+Alt+Del' })).toBeVisible()
})
