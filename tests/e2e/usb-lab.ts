/** The dialog that writes to drives, and drives for it: loop devices that a test plugs in and out. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { deviceContent, type LoopDevices, loopDevices } from '../support/loop-devices'
import { findTool } from '../support/tools'
import { expectAccessible } from './axe'
import type { RunningLab } from '../support/running-lab'
import { expect, test, type LabPage } from './lab'

export const MIB = 1 << 20
let made: LoopDevices | undefined

/** Made when a test first wants one: whoever only lists the tests loads this file, too. */
export function loops(): LoopDevices {
  if (made) return made
  made = loopDevices()
  mkdirSync(toolsIn(made.folder))
  symlinkSync(join(import.meta.dirname, '..', 'support', 'lsblk-of-test.mjs'), join(toolsIn(made.folder), 'lsblk'))
  return made
}

const toolsIn = (folder: string): string => join(folder, 'bin')

/** For tests that write; those that may not make loop devices are skipped. */
export function useDrives(): void {
  test.beforeAll(() => test.skip(!loops().possible, 'This user or computer may make no loop devices.'))
  test.afterAll(() => loops().release())
  test.use({
    // oxlint-disable-next-line no-empty-pattern
    serve: async ({}, provide) => {
      const { folder } = loops()
      await provide({ args: ['--allow-flash'], env: { PATH: `${toolsIn(folder)}${delimiter}${process.env['PATH'] ?? ''}`, BOOTLAB_TEST_LSBLK: findTool('lsblk') ?? '', BOOTLAB_TEST_FOLDER: folder } })
    },
  })
}

export const sha256Of = (file: string): string => execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64)
export const sha256OfDevice = (device: string, bytes: number): string => createHash('sha256').update(deviceContent(device, bytes)).digest('hex')
export const unplug = (device: string): void => void execFileSync('losetup', ['-d', device])

/** Beside the dark one, which tests begin with: what the system asks for, and the theme that the window takes then. */
const OTHER_THEMES = [
  { theme: 'light', colorScheme: 'light', contrast: 'no-preference' },
  { theme: 'hc-dark', colorScheme: 'dark', contrast: 'more' },
  { theme: 'hc-light', colorScheme: 'light', contrast: 'more' },
] as const
/** Holds the process that writes for this lab, in the middle of its work. @returns lets it go on */
export function holdWriter(server: RunningLab): () => void {
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ').map(Number)
  const pid = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('usb-writer'))
  if (pid === undefined) throw new Error('Nothing is writing.')
  process.kill(pid, 'SIGSTOP')
  return () => process.kill(pid, 'SIGCONT')
}

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
  async look(name: string, { themes = false } = {}): Promise<void> {
    await expectAccessible(this.page, name, 'dialog[open]')
    await this.lab.screenshot(name)
    if (!themes) return
    for (const { theme, ...media } of OTHER_THEMES) {
      await this.page.emulateMedia(media)
      await expect(this.page.locator('html')).toHaveAttribute('data-theme', theme)
      await expectAccessible(this.page, `${name}-${theme}`, 'dialog[open]')
      await this.lab.screenshot(`${name}-${theme}`)
    }
    await this.page.emulateMedia({ colorScheme: 'dark', contrast: 'no-preference' })
  }
}
