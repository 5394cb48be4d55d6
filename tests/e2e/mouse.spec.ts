import { expect, test } from './lab'

/** Enables the mouse through the 8042 without interrupts, and shows its buttons, and to which side it was moved in all. */
const MOUSE = `    unsigned char status, byte, report[3];
    int bytes = 0, moved = 0;
    asm volatile("outb %0, %1" : : "a"((unsigned char)0xd4), "Nd"((unsigned short)0x64));
    asm volatile("outb %0, %1" : : "a"((unsigned char)0xf4), "Nd"((unsigned short)0x60));
    do asm volatile("inb %1, %0" : "=a"(byte) : "Nd"((unsigned short)0x60)); while (byte != 0xfa);
    for (;;) {
        asm volatile("inb %1, %0" : "=a"(status) : "Nd"((unsigned short)0x64));
        if ((status & 0x21) != 0x21) continue;
        asm volatile("inb %1, %0" : "=a"(byte) : "Nd"((unsigned short)0x60));
        report[bytes++] = byte;
        if (bytes < 3) continue;
        bytes = 0;
        moved += report[1] - (report[0] & 0x10 ? 256 : 0);
        screen[70] = 0x1700 | 'B';
        screen[71] = 0x1700 | ('0' + (report[0] & 7));
        screen[72] = 0x1700 | (moved > 0 ? 'R' : moved < 0 ? 'L' : '-');
    }
    for (;;)`

test('a click gives the pointer to a guest that listens to its mouse, and the keys that leave give it back', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.page.keyboard.press('F5')
  await expect(lab.page.getByText('Click the screen to type', { exact: true })).toBeVisible()
  await lab.screen.click()
  const holder = (): Promise<unknown> => lab.page.evaluate('document.pointerLockElement?.id')
  expect(await holder()).toBeUndefined()

  await lab.replaceInEditor('for (;;)', MOUSE)
  await lab.page.keyboard.press('F5')
  await expect(lab.page.getByText('Click the screen to type and to use the mouse')).toBeVisible()
  await lab.screen.click()
  await expect(lab.page.getByText('Keyboard and mouse are in the machine')).toBeVisible()
  expect(await holder()).toBe('machine-screen')
  const box = await lab.screen.boundingBox()
  const [x, y] = [(box?.x ?? 0) + 100, (box?.y ?? 0) + 60]
  await lab.page.mouse.move(x, y)
  await lab.page.mouse.move(x + 80, y, { steps: 4 })
  await lab.page.mouse.down({ button: 'right' })
  await expect(lab.screenText).toContainText(/B2[RL]/)
  await lab.page.mouse.up({ button: 'right' })
  await expect(lab.screenText).toContainText(/B0[RL]/)
  await lab.screenshot('mouse')

  await lab.page.keyboard.down('ControlLeft')
  await lab.page.keyboard.down('AltLeft')
  await lab.page.keyboard.up('AltLeft')
  await lab.page.keyboard.up('ControlLeft')
  await expect(lab.page.getByText('Click the screen to type and to use the mouse')).toBeVisible()
  await expect.poll(holder).toBeUndefined()
})
