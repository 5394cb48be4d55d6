import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { forOutputPorts, type KeyEvent, type Screen } from '../../../shared/machine-schemas'
import { screenLines } from '../../../shared/screen-text'
import { blamed, stopwatch } from '../../../../tests/support/stopwatch'
import type { RunReport, StartOptions } from './options'
import { runReportSchema } from './options'
import { Session } from './session'

const CLI = 0xfa
const HLT = 0xf4
/** again: xor ah,ah; int 16h; mov ah,0Eh; int 10h; jmp again */
const ECHO = [0x30, 0xe4, 0xcd, 0x16, 0xb4, 0x0e, 0xcd, 0x10, 0xeb, 0xf6]
/** jmp $ */
const SPIN = [0xeb, 0xfe]

function image(code: readonly number[]): Uint8Array {
  const sector = new Uint8Array(512)
  sector.set(code)
  sector.set([0x55, 0xaa], 510)
  return sector
}

interface Run {
  report: RunReport
  screen: Screen | undefined
  com1: string
  debug: string
  session: Session
}

async function run(code: readonly number[], options: Partial<StartOptions> = {}, during?: (session: Session) => void): Promise<Run> {
  let screen: Screen | undefined
  let report: RunReport | undefined
  const output = forOutputPorts(() => '')
  const session = new Session(
    { image: image(code), memoryBytes: 4 << 20, backend: 'interp', pace: 'fast', timeoutMilliseconds: 10_000, ...options },
    {
      screen: (next) => {
        screen = next
      },
      serial: (port, bytes) => {
        output[port] += Buffer.from(bytes).toString('latin1')
      },
      state: () => undefined,
      end: (end) => {
        expect(report).toBeUndefined()
        report = end
      },
    },
  )
  during?.(session)
  await session.run()
  return { report: runReportSchema.parse(report), screen, ...output, session }
}

const firstLine = (screen: Screen | undefined): string | undefined => screen && screenLines(screen)[0]

const press = (code: string): KeyEvent[] => [{ code, down: true }, { code, down: false }]

describe('a session', () => {
  test('types keys when the guest takes them, and ends when the text is there', async () => {
    const text = 'Hello, World! {[~|"]} the quick brown fox 0123456789'
    const { report, screen } = await run(ECHO, { keys: text, untilText: text })
    expect(report.reason).toBe('until-text')
    expect(firstLine(screen)).toBe(text)
  })

  test('types for a program that reads the keyboard controller by itself', async () => {
    // cli; mov cx,8; again: in al,64h; test al,1; jz again; in al,60h; out E9h,al; loop again; mov al,0; out F4h,al
    const code = [CLI, 0xb9, 8, 0, 0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60, 0xe6, 0xe9, 0xe2, 0xf4, 0xb0, 0, 0xe6, 0xf4]
    const { debug } = await run(code, { keys: 'aB\n' })
    expect(Buffer.from(debug, 'latin1').toString('hex')).toBe('1e9e2a30b0aa1c9c')
  })

  test('is the same run every time, instruction for instruction, on both backends', async () => {
    const stop = [CLI, HLT]
    // Three keys, echoed; then stop: mov cx,3; again: …; loop again
    const code = [0xb9, 0x03, 0x00, ...ECHO.slice(0, 8), 0xe2, 0xf6, ...stop]
    const runs = await Promise.all(
      (['interp', 'interp', 'oracle'] as const).map(async (backend) => {
        const { session, report } = await run(code, { keys: 'abc', backend })
        return { reason: report.reason, instructions: report.instructions, now: session.machine.now, hash: session.machine.cpu.snapshotHash() }
      }),
    )
    expect(runs[0]?.reason).toBe('halted-forever')
    expect(runs[1]).toEqual(runs[0])
    expect(runs[2]).toEqual(runs[0])
  })

  test('loses no key that is pressed while it is busy', async () => {
    const text = 'thequickbrownfoxjumpsoverthelazydog'
    const { screen } = await run(ECHO, { untilText: text }, (session) => {
      setTimeout(() => {
        session.pause()
        for (const letter of text) session.keys(press(`Key${letter.toUpperCase()}`))
        session.resume()
      }, 30)
    })
    expect(firstLine(screen)).toBe(text)
  })

  test('stands still while it is held, and goes on by itself or when it is let go', async () => {
    const executed: number[] = []
    const { report } = await run(SPIN, { pace: 'realtime' }, (session) => {
      const note = (): void => void executed.push(session.machine.instructions)
      void (async () => {
        await sleep(20)
        session.hold(60_000)
        await sleep(20)
        note()
        await sleep(100)
        note()
        session.hold(0)
        while (session.machine.instructions === executed[1]) await sleep(5)
        session.hold(20)
        await sleep(10)
        note()
        while (session.machine.instructions === executed[2]) await sleep(5)
        session.stop()
      })()
    })
    expect(executed[1]).toBe(executed[0])
    expect(report.reason).toBe('stopped')
  })

  /** Page 1 is shown, so that nobody sees the text of page 0 before mode 13h, which keeps it: mov ax,0501h; int 10h; … */
  const GRAPHICS = [0xb8, 0x01, 0x05, 0xcd, 0x10, 0xb8, 0x00, 0xb8, 0x8e, 0xc0, 0x26, 0xc7, 0x06, 0, 0, 0x58, 0x07, 0xb8, 0x93, 0x00, 0xcd, 0x10]

  test('shows graphics, in which no text is looked for', async () => {
    // mov al,0; out F4h,al
    const { report, screen } = await run([...GRAPHICS, 0xb0, 0, 0xe6, 0xf4], { untilText: 'X' })
    expect([report.reason, screen?.mode]).toEqual(['debug-exit', 'graphics'])
  })

  test('sends no more screens than its listener sees', { timeout: 60_000 }, async () => {
    let unseen = 0
    let most = 0
    let seen = 0
    // mov ax,A000h; mov es,ax; again: inc byte es:[0]; jmp again
    const code = [...GRAPHICS, 0xb8, 0x00, 0xa0, 0x8e, 0xc0, 0x26, 0xfe, 0x06, 0, 0, 0xeb, 0xf9]
    const session = new Session(
      { image: image(code), memoryBytes: 4 << 20, backend: 'interp', pace: 'fast' },
      {
        screen: async () => {
          most = Math.max(most, ++unseen)
          await sleep(20)
          unseen--
          if (++seen === 6) session.stop()
        },
        serial: () => undefined,
        state: () => undefined,
        end: () => undefined,
      },
    )
    await session.run()
    // The last screen comes with the end, whoever waits.
    expect(most).toBeLessThanOrEqual(3)
    expect(seen).toBe(6)
  })

  test('ends at its time limit', async () => {
    const { report } = await run(SPIN, { timeoutMilliseconds: 500 })
    expect(report.reason).toBe('timeout')
    expect(report.instructions).toBeGreaterThan(1000)
  })

  test('stops soon after it is told to', async () => {
    let stopTime = stopwatch()
    const { report } = await run(SPIN, {}, (session) =>
      setTimeout(() => {
        stopTime = stopwatch()
        session.stop()
      }, 50),
    )
    expect(report.reason).toBe('stopped')
    expect(blamed(stopTime())).toBeLessThan(100)
  })

  test('says what the guest wrote to the exit port', async () => {
    // mov al,21h; out F4h,al
    const { report } = await run([0xb0, 0x21, 0xe6, 0xf4, ...SPIN])
    expect(report).toMatchObject({ reason: 'debug-exit', value: 0x21, exitCode: 0x43 })
  })

  test('passes on serial output and the debug console, and takes serial input', async () => {
    // mov dx,3F8h; mov al,'S'; out dx,al; mov al,'D'; out E9h,al; mov dx,3FDh; w: in al,dx; test al,1; jz w; mov dx,3F8h; in al,dx; out dx,al; cli; hlt
    const code = [
      0xba, 0xf8, 0x03, 0xb0, 0x53, 0xee, 0xb0, 0x44, 0xe6, 0xe9, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0xba, 0xf8, 0x03, 0xec, 0xee, CLI, HLT,
    ]
    const { report, com1, debug } = await run(code, {}, (session) => session.serialInput(Uint8Array.of(0x78)))
    expect(report.reason).toBe('halted-forever')
    expect(com1).toBe('Sx')
    expect(debug).toBe('D')
  })

  test('waits for a reader that does not keep up, and loses nothing', async () => {
    // mov dx,3F8h; mov ecx,400000; again: out dx,al; inc al; dec ecx; jnz again; cli; hlt
    const code = [0xba, 0xf8, 0x03, 0x66, 0xb9, 0x80, 0x1a, 0x06, 0x00, 0xee, 0xfe, 0xc0, 0x66, 0x49, 0x75, 0xf9, CLI, HLT]
    const [most, all] = [128 * 1024, 400_000]
    let [taken, unread, mostUnread] = [0, 0, 0]
    let release: (() => void)[] = []
    const readAll = (): void => {
      const waiting = release
      release = []
      unread = 0
      for (const resolve of waiting) resolve()
    }
    const ended = new Promise<RunReport>((end) => {
      const session = new Session(
        { image: image(code), memoryBytes: 4 << 20, backend: 'interp', pace: 'fast', timeoutMilliseconds: 20_000 },
        {
          screen: () => undefined,
          serial: (_port, bytes) => {
            taken += bytes.length
            unread += bytes.length
            mostUnread = Math.max(mostUnread, unread)
            // Time enough to send a lot more.
            if (unread > most) setTimeout(readAll, 100)
            return new Promise((resolve) => release.push(resolve))
          },
          state: () => undefined,
          end,
        },
      )
      void session.run()
    })
    expect((await ended).reason).toBe('halted-forever')
    expect(taken).toBe(all)
    // One turn more than is allowed.
    expect(mostUnread).toBeLessThan(2 * most)
    expect(mostUnread).toBeGreaterThan(most)
  })

  test('sends a person no more serial output than a terminal shows', async () => {
    // mov dx,3F8h; again: out dx,al; jmp again
    const flood = [0xba, 0xf8, 0x03, 0xee, 0xeb, 0xfd]
    const started = performance.now()
    const { com1 } = await run(flood, { pace: 'realtime', timeoutMilliseconds: 800 })
    // 1 MiB a second, a burst of 64 KiB, and what two turns may send; without the limit it is four times as much.
    expect(com1.length).toBeLessThan((performance.now() - started) * 1024 + 160 * 1024)
    expect(com1.length).toBeGreaterThan(10_000)
  })

  test('ends at its time limit also while nobody reads its serial output', async () => {
    // mov dx,3F8h; again: out dx,al; jmp again
    const reason = await new Promise<string>((end) => {
      const session = new Session(
        { image: image([0xba, 0xf8, 0x03, 0xee, 0xeb, 0xfd]), memoryBytes: 4 << 20, backend: 'interp', pace: 'fast', timeoutMilliseconds: 1_000 },
        { screen: () => undefined, serial: () => new Promise(() => undefined), state: () => undefined, end: (report) => end(report.reason) },
      )
      void session.run()
    })
    expect(reason).toBe('timeout')
  })

  test('reports a triple fault with chain, instruction and cause', async () => {
    // lidt [cs:zero]; then protected mode with an empty GDT: cli; lidt; mov eax,cr0; or al,1; mov cr0,eax; ud2
    const code = [CLI, 0x0f, 0x01, 0x1e, 0x20, 0x7c, 0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, 0x0f, 0x0b]
    const { report } = await run(code)
    expect(report).toMatchObject({ reason: 'triple-fault', instruction: { bytes: '0f 0b', text: 'ud2' }, registers: { cpuMode: 'protected' } })
    expect(report.reason === 'triple-fault' && report.faults.map(({ name }) => name)).toEqual(['#UD', '#GP', '#GP', '#DF', '#GP'])
    expect(report.summary).toContain('No IDT was loaded')
    expect(report.lines.join('\n')).toMatch(/CR0 0x.*\n.*CS {2}0000 {2}base 0x0/)
  })

  test('stops at an exception in real mode that nobody handles, and says so on the screen', async () => {
    // xor cx,cx; div cx
    const { report, screen } = await run([0x31, 0xc9, 0xf7, 0xf1])
    expect(report.reason).toBe('halted-forever')
    expect(report.summary).toContain('#DE')
    expect(report.summary).toContain('0000:7c02')
    expect(screen && screenLines(screen).join('\n')).toContain('Unhandled exception #DE (divide error) at 0000:7C02')
  })

  test('says that a disk cannot be booted', async () => {
    const { report, screen } = await run([], { image: new Uint8Array(512) })
    expect(report.reason).toBe('halted-forever')
    expect(report.summary).toContain('55 AA')
    expect(firstLine(screen)).toContain('No bootable disk')
  })

  test('survives boot sectors of random bytes', async () => {
    // A linear congruential generator (Numerical Recipes), so that every run sees the same bytes.
    let seed = 1
    const random = (): number => ((seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0), seed >>> 24)
    for (let i = 0; i < 25; i++) {
      const code = Array.from({ length: 510 }, random)
      const { report } = await run(code, { timeoutMilliseconds: 50 })
      expect(report.reason, `image ${i}: ${report.summary}`).not.toBe('emulator-error')
      expect(report.summary).not.toBe('')
    }
  })

  test('pauses and goes on', async () => {
    const { report, session } = await run(SPIN, {}, (running) => {
      setTimeout(() => running.pause(), 20)
      setTimeout(() => {
        const before = running.machine.instructions
        setTimeout(() => {
          expect(running.machine.instructions).toBe(before)
          running.resume()
        }, 60)
      }, 60)
      setTimeout(() => running.stop(), 200)
    })
    expect(report.reason).toBe('stopped')
    expect(session.machine.instructions).toBeGreaterThan(1000)
  })

  test('keeps virtual time to the host’s when a person watches', async () => {
    // sti; hlt; jmp back: the timer wakes it 18 times a second
    const { session } = await run([0xfb, HLT, 0xeb, 0xfd], { pace: 'realtime', timeoutMilliseconds: 300 })
    const milliseconds = session.machine.now / 100_000
    expect(milliseconds).toBeGreaterThan(200)
    expect(milliseconds).toBeLessThan(330)
  })

  test('takes key events', async () => {
    const { screen } = await run(ECHO, { untilText: 'ok' }, (session) => setTimeout(() => session.keys([...press('KeyO'), ...press('KeyK')]), 30))
    expect(firstLine(screen)).toBe('ok')
  })
})
