import { expect, test } from 'vitest'
import { forOutputPorts, type MachineState, type Tone } from '../../../shared/machine-schemas'
import type { RunReport } from './options'
import { Session } from './session'

interface Run {
  output: Record<string, string>
  tones: Tone[]
  states: MachineState[]
  report: RunReport | undefined
}

/** Boots a sector. */
async function run(code: readonly number[], during?: (session: Session) => void): Promise<Run> {
  const image = new Uint8Array(512)
  image.set(code)
  image.set([0x55, 0xaa], 510)
  const seen: Run = { output: forOutputPorts(() => ''), tones: [], states: [], report: undefined }
  const session = new Session(
    { image, memoryBytes: 4 << 20, backend: 'interp', pace: 'fast', timeoutMilliseconds: 10_000 },
    {
      screen: () => undefined,
      serial: (port, bytes) => void (seen.output[port] += Buffer.from(bytes).toString('latin1')),
      sound: (tones) => void seen.tones.push(...tones),
      state: (state) => {
        seen.states.push(state)
        during?.(session)
      },
      end: (report) => void (seen.report = report),
    },
  )
  await session.run()
  return seen
}

const EXIT = [0x30, 0xc0, 0xe6, 0xf4] // xor al,al; out F4h,al
const out = (port: number, ...values: number[]): number[] => [0xba, port & 0xff, port >> 8, ...values.flatMap((value) => [0xb0, value, 0xee])]

test('each port has an output of its own', async () => {
  const print = [...out(0x378, 0x50), ...out(0x37a, 0x0c, 0x0d, 0x0c)]
  const { output } = await run([...out(0x3f8, 0x31), ...out(0x2f8, 0x32), ...out(0x3e8, 0x33), ...out(0x2e8, 0x34, 0x35), ...print, ...out(0xe9, 0x44), ...EXIT])
  expect(output).toEqual({ com1: '1', com2: '2', com3: '3', com4: '45', lpt1: 'P', debug: 'D' })
})

test('what is sent to COM3 arrives there', async () => {
  // mov dx,3EDh; wait: in al,dx; test al,1; jz wait; mov dx,3E8h; in al,dx; out E9h,al; exit
  let sent = false
  const { output } = await run([0xba, 0xed, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0xba, 0xe8, 0x03, 0xec, 0xe6, 0xe9, ...EXIT], (session) => {
    if (!sent) session.serialInput(Uint8Array.of(0x21), 'com3')
    sent = true
  })
  expect(output['debug']).toBe('!')
})

test('tones of the speaker come with their times, and a guest that makes too many is heard to its end', async () => {
  // Mode 3, 1000 Hz; then the speaker is switched 300 times: mov cx,300; again: in al,61h; xor al,3; out 61h,al; loop again
  const { tones } = await run([...out(0x43, 0xb6), ...out(0x42, 0xa9, 0x04), ...out(0x61, 0), 0xb9, 0x2d, 0x01, 0xe4, 0x61, 0x34, 0x03, 0xe6, 0x61, 0xe2, 0xf8, ...EXIT])
  expect(tones.length).toBeLessThanOrEqual(301)
  expect(Math.round(tones[0]?.hertz ?? 0)).toBe(1000)
  expect(tones.at(-1)?.hertz).toBeGreaterThan(0)
  expect(tones.map(({ at }) => at)).toEqual(tones.map(({ at }) => at).toSorted((a, b) => a - b))
})

test('a click that is over before the guest looks is seen all the same, and the state says that the guest listens', async () => {
  // Enables the mouse, then prints each byte from it to port E9h; ends after the first bytes of two reports.
  const enable = [...out(0x64, 0xd4), ...out(0x60, 0xf4)]
  // mov bx,7; next: in al,64h; test al,1; jz next; in al,60h; out E9h,al; dec bx; jnz next
  const loop = [0xbb, 0x07, 0x00, 0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60, 0xe6, 0xe9, 0x4b, 0x75, 0xf3]
  let clicked = false
  const { output, states } = await run([...enable, ...loop, ...EXIT], (session) => {
    if (clicked || !session.machine.kbc.mouse.listened) return
    clicked = true
    session.mouse([{ dx: 2, dy: 0, wheel: 0, buttons: 1 }, { dx: 0, dy: 0, wheel: 0, buttons: 0 }])
  })
  expect([...(output['debug'] ?? '')].map((character) => character.charCodeAt(0))).toEqual([0xfa, 0x09, 2, 0, 0x08, 0, 0])
  expect(states.at(-1)?.mouse).toBe(true)
})
