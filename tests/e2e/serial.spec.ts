import { expect, test } from './lab'

test('a kernel that floods the serial port is shown, and stops when it is told to', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  // Letters and every control character; the count on the screen shows that it goes on.
  const flood = 'for (unsigned n = 0;; n++) { asm volatile("outb %0, %1" :: "a"((char)n), "Nd"((unsigned short)0x3f8)); screen[70] = 0x1700 | (\'0\' + (n >> 16) % 10); }'
  await lab.replaceInEditor('for (;;)', flood)
  await lab.page.keyboard.press('F5')
  await expect(lab.page.getByTestId('serial-com1')).toContainText('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  const [before, after] = [/World !!\s+7/, /World !!\s+3/]
  await expect(lab.screenText).toContainText(before)
  await expect(lab.screenText).toContainText(after)

  await lab.page.keyboard.press('Shift+F5')
  await expect(lab.machineStatus).toHaveText('Ended')
})
