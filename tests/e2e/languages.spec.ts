import { expect, test } from './lab'
import { requireTool } from '../support/tools'

const clangd = requireTool('clangd')

test.use({ serve: { args: [], env: { BOOTLAB_RUST_ANALYZER: '/nowhere/rust-analyzer' } } })

test('clangd completes members with their types, explains names, and leads to their definitions', async ({ lab }) => {
  test.skip(clangd === undefined, 'No clangd on PATH.')
  const { page } = lab
  await lab.createProject('vga-text-c')
  const status = page.getByTestId('language-status')
  await expect(status).toHaveText(/^clangd \d+/)

  const list = page.locator('.suggest-widget')
  await lab.replaceInEditor('    vga_clear();', '    struct { unsigned char letter, colour; } cell = { 0 };\n    cell')
  const hover = page.locator('.monaco-hover').filter({ hasText: 'vga_colour' })
  await lab.editorLine('vga_colour(LIGHT_CYAN').getByText('vga_colour').hover()
  // It has read the file when it explains something of it.
  await expect(hover).toContainText('Colours of what is printed from now on.')
  await expect(hover).toContainText('void vga_colour(')
  await lab.screenshot('60-hover')

  await page.keyboard.press('.')
  await expect(list.getByRole('option')).toHaveCount(2)
  await expect(list.getByRole('option', { name: /letter/ })).toContainText('unsigned char')
  await lab.screenshot('61-completion')
  await page.keyboard.type('col')
  await page.keyboard.press('Enter')
  await page.keyboard.type(' = GREEN;')
  await expect(lab.editorLine('cell.colour = GREEN;')).toBeVisible()

  // From its use to its place in a file that is not open.
  await page.keyboard.press('Home')
  await lab.editorLine('vga_colour(LIGHT_CYAN').getByText('vga_colour').click()
  await page.keyboard.press('F12')
  await expect(lab.tab('vga.c').or(lab.tab('vga.h'))).toHaveAttribute('aria-selected', 'true')
  await expect(lab.editorLine('void vga_colour(enum colour')).toBeVisible()
  await lab.screenshot('62-definition')
})

test('a server that is missing is said once, in the status bar, and can be switched off', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('blog-os-rust')
  const status = page.getByTestId('language-status')
  await lab.openTab('src/main.rs')
  await expect(status).toHaveText('rust-analyzer: not installed')
  await expect(status).toHaveAttribute('title', /rustup component add rust-analyzer/)
  await expect(page.getByRole('button', { name: 'No notifications' })).toBeVisible()
  await lab.screenshot('63-missing')
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('dialog').getByRole('switch', { name: 'Language servers' }).click()
  await page.keyboard.press('Escape')
  await expect(status).toHaveCount(0)
})
