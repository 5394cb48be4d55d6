import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './lab'

test('a reload right after typing loses no text', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.replaceInEditor('Hello, World !!', 'Not saved yet')
  await lab.page.reload()
  // Good news goes after a few seconds, and on a busy machine the editor takes longer to come.
  await expect(lab.page.getByText('Restored unsaved text')).toBeVisible()
  await lab.editorReady()
  await expect(lab.editorLine('Not saved yet')).toBeVisible()
  await expect(lab.tab('kernel.c')).toContainText('unsaved')
  expect(await lab.projectFile('miniboot-c', 'kernel.c')).not.toContain('Not saved yet')
  await lab.screenshot('08-restored')

  await lab.focusEditor()
  await lab.page.keyboard.press('ControlOrMeta+S')
  await expect(lab.tab('kernel.c')).not.toContainText('unsaved')
  expect(await lab.projectFile('miniboot-c', 'kernel.c')).toContain('Not saved yet')
})

test('a reload finds the running machine, the project, its open tab and the layout again', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.openTab('i386-miniboot.json')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await expect(lab.machineStatus).toHaveText('Running')
  // The keyboard moves the border between the columns, and the window remembers where it was left.
  const width = async (): Promise<number> => (await lab.screen.boundingBox())?.width ?? 0
  const before = await width()
  await lab.focusEditor()
  for (let step = 0; step < 3; step++) await lab.page.keyboard.press('Alt+Shift+ArrowRight')
  await expect.poll(width).toBeLessThan(before - 50)
  const moved = await width()
  // So does the mouse.
  const border = lab.page.locator('.dv-split-view-container.dv-horizontal > .dv-sash-container > .dv-sash').last()
  const { x = 0, y = 0, height = 0 } = (await border.boundingBox()) ?? {}
  await lab.page.mouse.move(x + 2, y + height / 2)
  await lab.page.mouse.down()
  await lab.page.mouse.move(x + 42, y + height / 2, { steps: 4 })
  await lab.page.mouse.up()
  await expect.poll(width).toBeCloseTo(moved - 40, -1)
  const dragged = await width()
  await lab.page.waitForTimeout(600)
  await lab.page.reload()
  await lab.editorReady()
  expect(Math.abs((await width()) - dragged)).toBeLessThan(3)
  await expect(lab.tab('i386-miniboot.json')).toHaveAttribute('aria-selected', 'true')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await expect(lab.machineStatus).toHaveText('Running')
})

test('a wrong value in the target specification is marked while typing', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  const target = 'i386-miniboot.json'
  await lab.openTab(target)
  await expect(lab.page.locator('.squiggly-error')).toHaveCount(0)
  await lab.replaceInEditor('true', '12')
  await expect(lab.page.locator('.squiggly-error')).toBeVisible()
  await lab.page.getByRole('tab', { name: 'Problems' }).click()
  await expect(lab.problems).toHaveCount(1)
  await expect(lab.problems).toContainText('true or false is expected')
  await expect(lab.problems).toContainText(target)
  await lab.screenshot('09-target')

  await lab.replaceInEditor(' 12,', ' true,')
  await expect(lab.problems).toHaveCount(0)
})

test('the window says when the lab is gone, and keeps the text', async ({ lab, server }) => {
  await lab.createProject('miniboot-c')
  // The editor loads its parts as they are needed, and a part that is missing then is not what this is about.
  await lab.focusEditor()
  await lab.page.keyboard.type('void first(void);')
  await expect.poll(() => lab.page.workers().map((worker) => worker.url()).join()).toContain('editor-worker')
  await lab.page.waitForLoadState('networkidle')
  // The page may know before the process is gone.
  const stopped = server.stop()
  await expect(lab.page.getByText('The connection to the lab was lost.')).toBeVisible()
  await stopped
  await lab.page.keyboard.type(' void alone(void);')
  await expect(lab.editorLine('void first(void); void alone(void);')).toBeVisible()
  await lab.screenshot('10-disconnected')
})

test('a project whose manifest is broken opens at its problems', async ({ lab, server }) => {
  await lab.createProject('miniboot-c')
  await writeFile(join(server.projects, 'miniboot-c', 'bootlab.json'), '{ "name": ')
  await lab.page.reload()
  await expect(lab.problems.first()).toContainText('bootlab.json:1:')
  await expect(lab.page.locator('.tag:empty')).toHaveCount(0)
})

test('a narrow window has room for tabs and for the screen in its own size', async ({ lab }) => {
  await lab.page.setViewportSize({ width: 1024, height: 700 })
  await lab.createProject('miniboot-c')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  expect((await lab.page.locator('.screen-canvas').boundingBox())?.width).toBe(640)
  await expect(lab.tab('kernel.c')).toBeInViewport({ ratio: 1 })
  await lab.screen.click()
  await expect(lab.page.locator('.keyboard-hint')).toBeInViewport({ ratio: 1 })
  await lab.screenshot('12-narrow')
})
