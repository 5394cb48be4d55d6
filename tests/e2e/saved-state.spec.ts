import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabPage } from './lab'
import { expect, test } from './lab'

async function command(lab: LabPage, name: string): Promise<void> {
  await lab.page.keyboard.press('F1')
  const palette = lab.page.getByRole('dialog', { name: 'Commands' })
  await palette.getByRole('combobox').fill(name)
  await lab.page.keyboard.press('Enter')
}

test('a machine is saved, goes on, and a new one goes on where it was saved', async ({ lab, server }) => {
  await lab.createProject('boot-sector')
  await lab.page.keyboard.press('F5')
  await lab.screen.click()
  await lab.page.keyboard.type('one ')
  await expect(lab.screenText).toContainText('repeat: one')
  await lab.focusEditor()

  await command(lab, 'Save the state of the machine')
  const save = lab.page.getByRole('dialog', { name: 'Save the state of the machine' })
  const path = join(server.projects, 'boot-sector', 'build', 'boot-sector.blstate')
  await expect(save.getByLabel('Path of the file')).toHaveValue(path)
  await lab.screenshot('35-save-state')
  await save.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(save).toBeHidden()
  await access(path)

  // The machine was not disturbed: it takes what is typed.
  await lab.screen.click()
  await lab.page.keyboard.type('two')
  await expect(lab.screenText).toContainText('repeat: one two')
  await lab.focusEditor()

  await command(lab, 'Load a saved state of the machine')
  const load = lab.page.getByRole('dialog', { name: 'Load a saved state' })
  await expect(load).toContainText('The machine that runs is switched off.')
  await load.getByRole('button', { name: 'Load', exact: true }).click()
  await expect(load).toBeHidden()
  await expect(lab.screenText).toContainText('repeat: one')
  await expect(lab.screenText).not.toContainText('two')
  await lab.screen.click()
  await lab.page.keyboard.type('three')
  await expect(lab.screenText).toContainText('repeat: one three')
})

test('a file that is no saved state is refused, and the machine stays', async ({ lab, server }) => {
  await lab.createProject('miniboot-c')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await command(lab, 'Load a saved state of the machine')
  const load = lab.page.getByRole('dialog', { name: 'Load a saved state' })
  await load.getByLabel('Path of the file').fill(join(server.projects, 'miniboot-c', 'kernel.c'))
  await load.getByRole('button', { name: 'Load', exact: true }).click()
  await expect(load).toContainText('This is no saved state of a machine.')
  await lab.page.keyboard.press('Escape')
  await expect(lab.screenText).toContainText('Hello, World !!')
})
