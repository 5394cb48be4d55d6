import { expect, test } from './lab'

test('a kernel that floods the serial port is shown, and stops when it is told to', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  // Letters and every control character; the count on the screen shows that it goes on.
  const flood = 'for (unsigned n = 0;; n++) { asm volatile("outb %0, %1" :: "a"((char)n), "Nd"((unsigned short)0x3f8)); screen[70] = 0x1700 | (\'0\' + (n >> 16) % 10); }'
  await lab.replaceInEditor('for (;;)', flood)
  await lab.page.keyboard.press('F5')
  await expect(lab.page.getByTestId('serial-com1')).toContainText('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  await expect(lab.screenText).toContainText(/World !!\s+\d/)
  // Any later digit will do: how many of them a look at the screen misses is the computer's business.
  const shown = (await lab.screenText.textContent()) ?? ''
  await expect(lab.screenText).not.toHaveText(shown)
  await expect(lab.screenText).toContainText(/World !!\s+\d/)

  await lab.page.keyboard.press('Shift+F5')
  await expect(lab.machineStatus).toHaveText('Ended')
})
