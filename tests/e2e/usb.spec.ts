import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as z from 'zod'
import { deviceContent } from '../support/loop-devices'
import { expect, test } from './lab'
import { loops, MIB, sha256Of, sha256OfDevice, unplug, UsbDialog, useDrives } from './usb-lab'

const tableSchema = z.object({ partitiontable: z.object({ partitions: z.tuple([z.object({ start: z.number(), size: z.number() })]) }) })

useDrives()
test.describe.configure({ timeout: 150_000 })
test.afterAll(() => loops.release())

test('a project’s image, from the choice to the bytes on the drive', async ({ lab, server }) => {
  await lab.createProject('miniboot-c')
  const usb = new UsbDialog(lab)
  await usb.open()
  await expect(usb.heading('Write to USB')).toBeFocused()
  await expect(usb.dialog.getByText('Plug in a USB stick or a memory card')).toBeVisible()
  await usb.imageIsRead()
  await usb.look('50-usb-empty', { light: true })

  // It appears by itself, and is not chosen by itself.
  const device = loops.make('usb-stick.img', 64 * MIB)
  execFileSync('mkfs.vfat', ['-n', 'HOLIDAYS', device])
  await expect(usb.drive(device)).toBeVisible()
  await expect(usb.drive(device)).not.toBeChecked()
  await expect(usb.button('Continue')).toBeDisabled()
  await expect(usb.dialog.getByText('HOLIDAYS (vfat)')).toBeVisible()
  const image = join(server.projects, 'miniboot-c', 'build', 'miniboot-c.img')
  await expect(usb.dialog.locator('.usb-sha code')).toHaveText(sha256Of(image))
  await usb.drive(device).check()
  await usb.look('51-usb-pick', { light: true })
  await usb.dialog.getByRole('checkbox', { name: /Show all drives/ }).check()
  await expect(usb.dialog.getByText('Cannot be written:').first()).toBeVisible()
  await usb.look('52-usb-pick-all', { light: true })

  await usb.chooseDrive(device)
  await expect(usb.dialog.getByRole('row', { name: /HOLIDAYS.*vfat/ })).toBeVisible()
  await expect(usb.dialog.getByRole('img', { name: /^Then: .*FAT/ })).toBeVisible()
  const erase = usb.button('Erase and write SanDisk Ultra (67.1 MB)')
  await expect(erase).toBeDisabled()
  await usb.dialog.getByRole('textbox', { name: 'Name of the drive' }).fill('sandisk')
  await expect(usb.dialog.getByText('This is not its name yet.')).toBeVisible()
  await expect(erase).toBeDisabled()
  await usb.look('53-usb-check', { light: true })
  await usb.confirm()
  await erase.click()
  await expect(usb.heading('Written and read back')).toBeFocused({ timeout: 30_000 })
  await expect(usb.dialog.getByText('It is the image that you looked at.')).toBeVisible()
  await usb.dialog.getByText('Keys by maker').click()
  await usb.look('55-usb-done', { light: true })
  const bytes = readFileSync(image).length
  expect(sha256OfDevice(device, bytes)).toBe(sha256Of(image))
  await usb.button('Write another').click()
  await expect(usb.heading('Write to USB')).toBeFocused()
  await expect(usb.drive(device)).not.toBeChecked()
  unplug(device)
})

test('an empty stick asks for no name; a packed image is unpacked; what was chosen is remembered', async ({ lab }) => {
  await lab.createProject('boot-sector')
  const plain = join(loops.folder, 'plain.img')
  writeFileSync(plain, Buffer.alloc(5 * MIB, 'bootlab '))
  writeFileSync(`${plain}.gz`, gzipSync(readFileSync(plain)))
  const device = loops.make('usb-empty.img', 8 * MIB)
  const usb = new UsbDialog(lab)
  await usb.open()
  await usb.chooseFile(`${plain}.gz`)
  await expect(usb.dialog.getByText('with gzip; it is unpacked while it is written')).toBeVisible()
  await expect(usb.dialog.getByText(/It may not boot:/)).toBeVisible()
  await usb.chooseDrive(device)
  await expect(usb.dialog.getByText('No file system was recognised on it.')).toBeVisible()
  await usb.dialog.getByRole('checkbox', { name: /Read everything back/ }).uncheck()
  await usb.button(/^Erase and write SanDisk Ultra/).click()
  await expect(usb.heading('Written')).toBeFocused({ timeout: 30_000 })
  await expect(usb.dialog.getByText('They were not read back.')).toBeVisible()
  expect(sha256OfDevice(device, 5 * MIB)).toBe(sha256Of(plain))
  await usb.button('Close').last().click()
  await expect(usb.dialog).toBeHidden()

  await usb.open()
  await usb.dialog.getByRole('radio', { name: 'An image file' }).check()
  await expect(usb.dialog.getByRole('textbox', { name: 'Path of the image file' })).toHaveValue(`${plain}.gz`)
  await usb.imageIsRead()
  await usb.chooseDrive(device)
  await expect(usb.dialog.getByRole('checkbox', { name: /Read everything back/ })).not.toBeChecked()
  unplug(device)
  await expect(usb.heading('Write to USB')).toBeFocused()
})

test('a drive that goes while it is chosen takes the choice along, and no other gets it', async ({ lab }) => {
  await lab.createProject('boot-sector')
  const device = loops.make('usb-first.img', 8 * MIB)
  const other = loops.make('usb-second.img', 8 * MIB)
  const usb = new UsbDialog(lab)
  await usb.open()
  await usb.imageIsRead()
  await usb.drive(device).check()
  await expect(usb.button('Continue')).toBeEnabled()
  unplug(device)
  await expect(usb.dialog.getByText('SanDisk Ultra is gone: it was unplugged, or lost its connection. Nothing is chosen now.')).toBeVisible()
  await expect(usb.drive(other)).not.toBeChecked()
  await expect(usb.button('Continue')).toBeDisabled()
  await usb.look('57-usb-gone')

  // Another medium in the same place is another drive.
  await usb.chooseDrive(other)
  loops.swap(other, 'usb-third.img', 8 * MIB)
  await expect(usb.heading('Write to USB')).toBeFocused()
  // A look may fall in between.
  await expect(usb.dialog.getByText(/There is another drive or medium in the place of SanDisk Ultra\.|SanDisk Ultra is gone/)).toBeVisible()
  await expect(usb.drive(other)).not.toBeChecked()
  unplug(other)
})

test('a drive in use is left as it is, and can be tried again', async ({ lab }) => {
  await lab.createProject('boot-sector')
  const device = loops.make('usb-used.img', 16 * MIB)
  const point = join('/mnt', `bootlab-e2e-${process.pid}`)
  execFileSync('mkfs.ext4', ['-q', '-L', 'INUSE', device])
  mkdirSync(point)
  let held: number | undefined
  try {
    execFileSync('mount', [device, point])
    writeFileSync(join(point, 'open.txt'), 'mine')
    held = openSync(join(point, 'open.txt'), 'r')
    const usb = new UsbDialog(lab)
    await usb.open()
    await usb.imageIsRead()
    await usb.chooseDrive(device)
    await expect(usb.dialog.getByRole('row', { name: new RegExp(`INUSE.*${point}`) })).toBeVisible()
    await usb.confirm()
    await usb.button(/^Erase and write/).click()
    await expect(usb.heading('It did not work')).toBeFocused()
    await expect(usb.dialog.getByText('Nothing was written: the drive is as it was.')).toBeVisible()
    await expect(usb.dialog.getByText(/Files on it are open/)).toBeVisible()
    await usb.look('56-usb-error', { light: true })
    expect(readFileSync(join(point, 'open.txt'), 'utf8')).toBe('mine')

    closeSync(held)
    held = undefined
    await usb.button('Try again').click()
    await expect(usb.heading(/^Erase /)).toBeFocused()
    await usb.confirm()
    await usb.button(/^Erase and write/).click()
    await expect(usb.heading('Written and read back')).toBeFocused({ timeout: 30_000 })
  } finally {
    if (held !== undefined) closeSync(held)
    spawnSync('umount', [point])
    rmSync(point, { recursive: true })
    unplug(device)
  }
})

test('while it is written the window stays; cancelling says what is left', async ({ lab }) => {
  const { page } = lab
  await lab.createProject('boot-sector')
  const big = join(loops.folder, 'big.img')
  writeFileSync(big, Buffer.alloc(MIB, 'head'))
  truncateSync(big, 1000 * MIB)
  const device = loops.make('usb-big.img', 1001 * MIB)
  const usb = new UsbDialog(lab)
  await usb.open()
  await usb.chooseFile(big)
  await usb.chooseDrive(device)
  await usb.button(/^Erase and write/).click()
  await expect(usb.heading('Writing SanDisk Ultra')).toBeFocused()
  await expect(usb.dialog.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /[1-9]/)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.keyboard.press('F5')
  await expect(usb.heading('Writing SanDisk Ultra')).toBeVisible()
  await expect(usb.dialog.getByText(/^When you cancel now, /)).toBeVisible()
  await usb.look('54-usb-write')

  const asked = page.waitForEvent('dialog')
  await page.close({ runBeforeUnload: true })
  const question = await asked
  expect(question.type()).toBe('beforeunload')
  await question.dismiss()

  await usb.button('Cancel').click()
  await expect(usb.heading('Cancelled')).toBeFocused()
  // The first sectors are written last: before, nothing is there that boots.
  const head = deviceContent(device, MIB)
  const blank = await usb.dialog.getByText(/What was on the drive is lost, and nothing boots from it/).isVisible()
  if (!blank) await expect(usb.dialog.getByText(/The image was written, but not read back to its end/)).toBeVisible()
  expect(head.equals(blank ? Buffer.alloc(MIB) : readFileSync(big).subarray(0, MIB))).toBe(true)
  await usb.look('58-usb-cancelled')
  unplug(device)
  rmSync(join(loops.folder, 'usb-big.img'))
})

test('with the keyboard alone', async ({ lab, server }) => {
  const { page } = lab
  await lab.createProject('boot-sector')
  const device = loops.make('usb-keys.img', 8 * MIB)
  execFileSync('mkfs.vfat', ['-n', 'KEYS', device])
  const usb = new UsbDialog(lab)
  /** Tab until that has the focus: a person's way, and never a dead end. */
  const tabTo = async (name: RegExp): Promise<void> => {
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab')
      const focused = await page.evaluate<string>(`(() => { const e = document.activeElement; return [e.getAttribute('aria-label'), e.closest('label')?.textContent, e.textContent].find(Boolean) ?? '' })()`)
      if (name.test(focused)) return
    }
    throw new Error(`Nothing with the name ${name} gets the focus.`)
  }
  await page.keyboard.press('ControlOrMeta+Shift+KeyD')
  await expect(usb.heading('Write to USB')).toBeFocused()
  await usb.imageIsRead()
  await expect(usb.drive(device)).toBeVisible()
  await tabTo(/SanDisk Ultra/)
  await page.keyboard.press('Space')
  await tabTo(/^Continue/)
  await page.keyboard.press('Enter')
  await expect(usb.heading(/^Erase /)).toBeFocused()
  await tabTo(/Name of the drive/)
  await page.keyboard.type('SanDisk Ultra')
  await tabTo(/^Erase and write/)
  await page.keyboard.press('Enter')
  await expect(usb.heading('Written and read back')).toBeFocused({ timeout: 30_000 })
  const image = join(server.projects, 'boot-sector', 'build', 'boot-sector.img')
  expect(sha256OfDevice(device, readFileSync(image).length)).toBe(sha256Of(image))
  await page.keyboard.press('Escape')
  await expect(usb.dialog).toBeHidden()
  await expect(page.getByRole('button', { name: 'Write to USB…' })).toBeVisible()
  unplug(device)
})

test('a stick is made normal again', async ({ lab }) => {
  await lab.createProject('boot-sector')
  const device = loops.make('usb-restored.img', 256 * MIB)
  const usb = new UsbDialog(lab)
  await usb.open()
  await usb.button('Make a stick normal again…').click()
  await expect(usb.heading('Make a stick normal again')).toBeFocused()
  await expect(usb.drive(device)).toBeVisible()
  await usb.dialog.getByRole('radio', { name: /^FAT32/ }).check()
  await usb.dialog.getByRole('textbox', { name: 'Name' }).fill('my stick')
  await usb.drive(device).check()
  await usb.look('59-usb-restore', { light: true })
  await usb.button('Continue').click()
  await expect(usb.heading(/make it normal again\?/)).toBeFocused()
  await usb.look('60-usb-restore-check')
  await usb.button(/^Erase and format SanDisk Ultra/).click()
  await expect(usb.heading('A normal drive again')).toBeFocused({ timeout: 30_000 })
  await usb.look('61-usb-restored')
  // The partition's own device would need a kernel that looks for it: its bytes are judged instead.
  const [partition] = tableSchema.parse(JSON.parse(execFileSync('sfdisk', ['--json', device], { encoding: 'utf8' }))).partitiontable.partitions
  const volume = join(loops.folder, 'volume.img')
  writeFileSync(volume, deviceContent(device, partition.size * 512, partition.start * 512))
  expect(execFileSync('fsck.fat', ['-n', volume], { encoding: 'utf8' })).toMatch(/0 files|1 files/)
  expect(execFileSync('blkid', ['-p', volume], { encoding: 'utf8' })).toMatch(/LABEL="MY STICK".*TYPE="vfat"/)
  unplug(device)
})

test('a project that does not build is told, and leads to its problems', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.replaceInEditor('Hello, World !! ";', 'Hello, World !! "')
  const usb = new UsbDialog(lab)
  await usb.open()
  await expect(usb.dialog.getByText('The project does not build')).toBeVisible()
  await usb.look('62-usb-not-built')
  await usb.button('Show them in the editor').click()
  await expect(lab.problems.first()).toBeVisible()
})
