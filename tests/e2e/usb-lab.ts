/** The dialog that writes to drives, and drives for it: loop devices that a test plugs in and out. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { deviceContent, loopDevices } from '../support/loop-devices'
import { findTool } from '../support/tools'
import { expectAccessible } from './accessibility'
import { expect, test, type LabPage } from './lab'

export const MIB = 1 << 20
export const loops = loopDevices()

const tools = join(loops.folder, 'bin')
mkdirSync(tools)
symlinkSync(join(import.meta.dirname, '..', 'support', 'lsblk-of-test.mjs'), join(tools, 'lsblk'))

/** For tests that write; those that may not make loop devices are skipped. */
export function useDrives(): void {
  test.skip(!loops.possible, 'This user or computer may make no loop devices.')
  test.use({
    serve: {
      args: ['--allow-flash'],
      env: { PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}`, BOOTLAB_TEST_LSBLK: findTool('lsblk') ?? '', BOOTLAB_TEST_FOLDER: loops.folder },
    },
  })
}

export const sha256Of = (file: string): string => execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64)
export const sha256OfDevice = (device: string, bytes: number): string => createHash('sha256').update(deviceContent(device, bytes)).digest('hex')
export const unplug = (device: string): void => void execFileSync('losetup', ['-d', device])

export class UsbDialog {
  readonly page: Page
  readonly dialog: Locator
  private readonly lab: LabPage

  constructor(lab: LabPage) {
    this.lab = lab
    this.page = lab.page
    this.dialog = lab.page.getByRole('dialog')
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Write to USB…' }).click()
    await expect(this.heading('Write to USB')).toBeVisible()
  }

  heading(name: string | RegExp): Locator {
    return this.dialog.getByRole('heading', { level: 2, name })
  }

  button(name: string | RegExp): Locator {
    return this.dialog.getByRole('button', { name })
  }

  /** The option of a drive, by the drive's path. */
  drive(path: string): Locator {
    return this.dialog.locator('.usb-drive').filter({ has: this.page.locator('code', { hasText: new RegExp(`^${path}$`) }) }).getByRole('radio')
  }

  async imageIsRead(): Promise<void> {
    await expect(this.dialog.locator('.usb-sha code')).toHaveText(/^[0-9a-f]{64}$/, { timeout: 40_000 })
  }

  async chooseFile(path: string): Promise<void> {
    await this.dialog.getByRole('radio', { name: 'An image file' }).check()
    await this.dialog.getByRole('textbox', { name: 'Path of the image file' }).fill(path)
    await this.button('Open').click()
    await this.imageIsRead()
  }

  async chooseDrive(path: string): Promise<void> {
    await this.drive(path).check()
    await this.button('Continue').click()
    await expect(this.heading(/^Erase /)).toBeFocused()
  }

  /** Types the name that the page asks for. */
  async confirm(): Promise<void> {
    const name = await this.dialog.locator('.usb-confirm code').innerText()
    await this.dialog.getByRole('textbox', { name: 'Name of the drive' }).fill(name)
  }

  /** What the page looks like, and whether everybody can use it. */
  async look(name: string, { light = false } = {}): Promise<void> {
    await expectAccessible(this.page, 'dialog[open]')
    await this.lab.screenshot(name)
    if (!light) return
    await this.page.emulateMedia({ colorScheme: 'light' })
    await expectAccessible(this.page, 'dialog[open]')
    await this.lab.screenshot(`${name}-light`)
    await this.page.emulateMedia({ colorScheme: 'dark' })
  }
}
