import { expect, test } from './lab'

/** Sets 640×480 in 32 bits by the ports of QEMU's display, and fills the linear framebuffer: red grows to the right, green downwards. */
const GRAPHICS = `    static const unsigned short mode[][2] = {{4, 0}, {1, 640}, {2, 480}, {3, 32}, {4, 0x41}};
    for (int i = 0; i < 5; i++) {
        asm volatile("outw %0, %1" : : "a"(mode[i][0]), "Nd"((unsigned short)0x1ce));
        asm volatile("outw %0, %1" : : "a"(mode[i][1]), "Nd"((unsigned short)0x1cf));
    }
    volatile unsigned *const pixels = (volatile unsigned *)0xfd000000;
    for (int y = 0; y < 480; y++)
        for (int x = 0; x < 640; x++)
            pixels[y * 640 + x] = x * 255 / 639 << 16 | y * 255 / 479 << 8 | 0x40;
    int cell = 0;`

test('a kernel that draws is shown pixel by pixel', async ({ lab }) => {
  await lab.createProject('miniboot-c')
  await lab.replaceInEditor('    int cell = 0;', GRAPHICS)
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toHaveText('Graphics of 640 × 480 pixels')
  const canvas = lab.page.locator('.screen-canvas')
  await expect(canvas).toHaveAttribute('width', '640')
  await expect(canvas).toHaveAttribute('height', '480')
  const pixel = (x: number, y: number): Promise<unknown> =>
    lab.page.evaluate(`Array.from(document.querySelector('.screen-canvas').getContext('2d').getImageData(${x}, ${y}, 1, 1).data)`)
  // The last pixel comes last.
  await expect.poll(() => pixel(639, 479)).toEqual([255, 255, 0x40, 255])
  expect(await pixel(0, 0)).toEqual([0, 0, 0x40, 255])
  expect(await pixel(639, 0)).toEqual([255, 0, 0x40, 255])
  const box = await canvas.boundingBox()
  expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(640 / 480, 2)
  await lab.screenshot('graphics')

  // Text comes back with the next kernel.
  await lab.replaceInEditor('0x41', '0')
  await lab.page.keyboard.press('F5')
  await expect(lab.screenText).toContainText('Hello, World !!')
  await expect(canvas).toHaveAttribute('height', '400')
})
