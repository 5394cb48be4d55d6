import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from '@playwright/test'
import { expectAccessible } from './axe'
import { expect, type LabPage, test } from './lab'

/** The image explorer, as a person finds its parts. */
class Explorer {
  private readonly lab: LabPage
  readonly panel: Locator

  constructor(lab: LabPage) {
    this.lab = lab
    this.panel = lab.page.locator('#panel-image')
  }

  get tree(): Locator {
    return this.panel.getByRole('tree', { name: 'Pieces of the image' })
  }

  piece(name: string | RegExp): Locator {
    return this.tree.getByRole('treeitem', { name })
  }

  get map(): Locator {
    return this.panel.getByRole('region', { name: 'Map of the image' })
  }

  get chain(): Locator {
    return this.panel.getByRole('region', { name: 'From the byte to the source' })
  }

  get facts(): Locator {
    return this.panel.getByRole('region', { name: 'About this piece' })
  }

  get hex(): Locator {
    return this.panel.getByRole('grid', { name: 'Bytes of the image' })
  }

  byte(offset: number): Locator {
    return this.hex.locator(`.hex-bytes [data-at="${offset}"]`)
  }

  async goTo(what: string): Promise<void> {
    await this.panel.getByRole('searchbox', { name: /^Go to/ }).fill(what)
    await this.lab.page.keyboard.press('Enter')
  }

  /** In a dark and a light theme, and filling the window. */
  async look(name: string): Promise<void> {
    const { page } = this.lab
    await this.lab.screenshot(name)
    await page.emulateMedia({ colorScheme: 'light' })
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
    await this.lab.screenshot(`${name}-light`)
    await page.emulateMedia({ colorScheme: 'dark' })
  }
}

// A busy computer takes its time to build.
test.describe.configure({ timeout: 180_000 })
const BUILT = { timeout: 60_000 }

test('from the whole disk to the byte of a letter, and from there to its source line', async ({ lab, server }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  const explorer = new Explorer(lab)
  await page.keyboard.press('ControlOrMeta+Shift+X')
  await expect(explorer.panel.getByText('There is no image yet.')).toBeVisible()
  await lab.screenshot('70-image-empty')

  // The text has a name of its own: without "static" the compiler keeps it.
  await lab.replaceInEditor('static const char message', 'const char message')
  await page.keyboard.press('ControlOrMeta+B')
  await expect(lab.buildStatus).toContainText('Built in', BUILT)
  for (const name of ['Stage 1 of the boot loader', 'Partition table (MBR)', 'Stage 2 of the boot loader', 'Partition 1', 'FAT volume', 'File allocation table 1', 'Kernel /boot/kernel.elf', 'Segment LOAD R-X', 'Code .text']) await expect(explorer.piece(name)).toBeVisible()
  for (const name of [/^Stage 1 of the boot loader, 430 bytes, at 0x0$/, /^Partition 1, /, /^FAT volume, /, /^Kernel \/boot\/kernel\.elf, /]) await expect(explorer.map.getByRole('button', { name })).toBeVisible()

  const image = readFileSync(join(server.projects, 'miniboot-c', 'build', 'miniboot-c.img'))
  const hello = image.indexOf('Hello, World')
  expect(hello).toBeGreaterThan(0)
  await explorer.goTo(`0x${(hello + 1).toString(16)}`)
  await expect(explorer.byte(hello + 1)).toHaveText('65')
  await explorer.byte(hello).click()
  await expect(explorer.byte(hello)).toHaveAttribute('aria-selected', 'true')
  for (const name of ['Partition 1', 'FAT volume', 'Kernel /boot/kernel.elf', 'Read-only data .rodata', 'Variable message']) await expect(explorer.chain.getByRole('button', { name })).toBeVisible()
  await expect(explorer.chain).toContainText(`0x${hello.toString(16)}: sector ${Math.floor(hello / 512).toLocaleString('en')}`)
  await expect(explorer.piece('Variable message')).toHaveAttribute('aria-selected', 'true')
  await expect(explorer.facts).toContainText('The value that a variable or constant begins with.')
  await explorer.look('71-image')
  await expectAccessible(page, 'image explorer', '#panel-image')

  await explorer.chain.getByRole('button', { name: 'kernel.c, line 19' }).click()
  await expect(page.locator('.monaco-editor.focused')).toBeVisible()
  await expect(page.getByText('Ln 19, Col 1')).toBeVisible()
  await page.keyboard.press('ControlOrMeta+Shift+X')

  // The bytes by keyboard: along, down, to the end.
  await explorer.hex.focus()
  for (const key of ['Home', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key)
  await expect(explorer.byte(hello - (hello % 16) + 17)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Control+End')
  await expect(explorer.byte(image.length - 1)).toHaveAttribute('aria-selected', 'true')
  await expect(explorer.chain.getByText('Free')).toBeVisible()

  // The other way round: a symbol, a source line, a file, a sector; and what is not there.
  await explorer.goTo('start_entry')
  await expect(explorer.chain.getByRole('button', { name: 'Function start_entry' })).toBeVisible()
  await explorer.goTo('kernel.c:30')
  await expect(explorer.chain.getByRole('button', { name: /^kernel\.c, line 3\d$/ })).toBeVisible()
  await explorer.goTo('bootlab.cfg')
  await expect(explorer.piece('Boot configuration /boot/bootlab.cfg')).toHaveAttribute('aria-selected', 'true')
  await explorer.goTo('lba 1')
  await expect(explorer.byte(512)).toHaveText(image.subarray(512, 513).toString('hex'))
  await explorer.goTo('no_such_symbol')
  await expect(explorer.panel.getByText(/has a symbol "no_such_symbol"/)).toBeVisible()
})

test('the tree and the map by keyboard; zoomed in; filling the window, in Chinese; after the next build', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('miniboot-c')
  await page.keyboard.press('ControlOrMeta+B')
  await expect(lab.buildStatus).toContainText('Built in', BUILT)
  await page.getByRole('button', { name: 'Look into the image' }).click()
  const explorer = new Explorer(lab)
  await expect(explorer.piece(/^Disk/)).toBeFocused()
  for (const key of ['ArrowDown', 'End', 'Home', 'ArrowLeft', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key)
  await expect(explorer.piece('Partition table (MBR)')).toBeFocused()
  await expect(explorer.byte(0x1be)).toHaveAttribute('aria-selected', 'true')
  await explorer.piece('Kernel /boot/kernel.elf').dblclick()
  const zoomed = explorer.map.getByRole('navigation', { name: 'Zoomed in on' })
  await expect(zoomed.getByRole('button', { name: '/boot/kernel.elf' })).toHaveAttribute('aria-current', 'location')
  await expect(explorer.map.getByRole('button', { name: /^Stage 1/ })).toHaveCount(0)
  await explorer.map.getByRole('button', { name: /^Code \.text/ }).click()
  await page.keyboard.press('ArrowDown')
  await expect(explorer.map.getByRole('button', { name: /^Function start_entry/ })).toBeFocused()
  await page.keyboard.press('ControlOrMeta+F11')
  await explorer.look('72-image-zoomed')

  await page.keyboard.press('F1')
  await page.getByRole('combobox').fill('choose the language')
  await page.keyboard.press('Enter')
  await page.getByRole('option', { name: /简体中文/ }).click()
  await expect(explorer.panel.getByRole('treeitem', { name: '函数 start_entry' })).toBeVisible()
  await lab.screenshot('73-image-chinese')

  // A later build is shown by itself, at the same place.
  await page.keyboard.press('ControlOrMeta+F11')
  await lab.replaceInEditor('void start_entry(void)', 'void added(void) { for (;;); }\nvoid start_entry(void)')
  await page.keyboard.press('ControlOrMeta+B')
  await expect(explorer.panel.getByRole('treeitem', { name: '函数 added' })).toBeVisible()
  await expect(explorer.panel.getByRole('button', { name: '打开镜像文件…' })).toBeDisabled()
})
