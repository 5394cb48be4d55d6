import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './lab'

const KERNEL = `asm(".long 0x1badb002, 0, (-(0x1badb002 + 0))");
void start_entry(void) { const char *text = "brought along"; for (int n = 0; text[n]; n++) ((volatile short *)0xb8000)[n] = 0x1f00 | text[n]; for (;;) ; }
`

test('templates are shown track by track, and every card can be reached by keyboard', async ({ lab }) => {
  for (const track of ['C', 'Rust', 'Assembly']) {
    const cards = lab.page.getByRole('list', { name: `${track}, step by step` }).getByRole('button')
    await expect(cards.nth(3)).toBeVisible()
    await expect(cards.first()).toHaveAccessibleName(new RegExp(`^Create a project from ${track}, step 1: `))
    await expect(cards.first()).toHaveAccessibleDescription(/\.$/)
  }
  await lab.page.getByRole('list', { name: 'C, step by step' }).getByRole('button').first().focus()
  await lab.page.keyboard.press('Tab')
  await expect(lab.page.locator('[data-template="blog-os-c"]')).toBeFocused()
  await lab.screenshot('20-welcome')
  await lab.page.keyboard.press('Enter')
  await expect(lab.page.getByRole('dialog')).toBeVisible()
})

test('a folder without manifest is imported with consent, and boots', async ({ lab, server }) => {
  const folder = join(server.projects, 'brought')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'kernel.c'), KERNEL)
  const open = async (): Promise<void> => {
    await lab.page.getByRole('button', { name: 'Open a folder…' }).click()
    await lab.page.getByLabel('Project folder').fill(folder)
    await lab.page.getByRole('button', { name: 'Open', exact: true }).click()
  }
  await open()
  const dialog = lab.page.getByRole('dialog', { name: 'Import brought' })
  await expect(dialog.getByRole('list', { name: 'What was guessed, and why' })).toContainText("A Multiboot kernel. kernel.c has the header's magic number.")
  await dialog.getByText('Will be written: bootlab.json').click()
  await expect(dialog.getByText('"linkerScript": "kernel.ld"')).toBeVisible()
  await lab.screenshot('21-import')

  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
  await expect(readFile(join(folder, 'bootlab.json'))).rejects.toThrow(/ENOENT/)

  await open()
  await dialog.getByRole('button', { name: 'Import' }).click()
  await lab.editorReady()
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('brought along')
})

test('a folder that holds no kernel is answered in words', async ({ lab, server }) => {
  const folder = join(server.projects, 'nothing')
  await mkdir(folder, { recursive: true })
  await lab.page.getByRole('button', { name: 'Open a folder…' }).click()
  await lab.page.getByLabel('Project folder').fill(folder)
  await lab.page.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(lab.page.getByRole('dialog', { name: 'Open a project' })).toContainText('There is no project here')
})
