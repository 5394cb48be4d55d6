import { expect, test } from './lab'

test('the screen takes the keyboard, echoes through the BIOS, and gives it back', async ({ lab }) => {
  await lab.createProject('boot-sector')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Type, and I shall repeat:')
  await expect(lab.page.getByText('Click the screen to type')).toBeVisible()

  await lab.screen.click()
  await expect(lab.page.getByText('Keyboard is in the machine')).toBeVisible()
  await lab.page.keyboard.type('hello, bios 42')
  await lab.page.keyboard.press('Shift+Digit1')
  await lab.page.keyboard.press('Shift+KeyB')
  await expect(lab.screenText).toContainText('repeat: hello, bios 42!B')
  await lab.page.keyboard.press('Enter')
  // Keys that the browser or the lab would take for themselves belong to the guest now.
  await lab.page.keyboard.press('Tab')
  await lab.page.keyboard.press('Control+b')
  await lab.page.keyboard.type('second line')
  await expect(lab.screenText).toContainText('second line')
  await expect(lab.screen).toBeFocused()
  await expect(lab.page.locator('.screen-taking')).toBeVisible()
  await lab.screenshot('07-keyboard')

  await lab.page.keyboard.down('ControlLeft')
  await lab.page.keyboard.down('AltLeft')
  await lab.page.keyboard.up('AltLeft')
  await lab.page.keyboard.up('ControlLeft')
  await expect(lab.screen).not.toBeFocused()
  await lab.page.keyboard.type('lost')
  await lab.page.keyboard.press('F6')
  await expect(lab.screen).toBeFocused()
  await lab.page.keyboard.type('found')
  await expect(lab.screenText).toContainText('second linefound')

  // F5 works here too: a fresh boot clears what was typed.
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).not.toContainText('second line')
  await expect(lab.screenText).toContainText('Type, and I shall repeat:')
})
