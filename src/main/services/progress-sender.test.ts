import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BuildProgress, LogEvent } from '../../shared/problems'
import { ProgressSender } from './progress-sender'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A reader that reads only when it is told to. */
function slowReader() {
  const events: BuildProgress[] = []
  let unread = 0
  let listener = (): void => undefined
  return {
    events,
    texts: () => events.flatMap(({ lines }) => lines.map(({ text }) => text)),
    reader: {
      emit: (event: BuildProgress) => {
        unread++
        events.push(event)
      },
      unread: () => unread,
      onRead: (heard: () => void) => void (listener = heard),
    },
    read(count = 1) {
      for (let done = 0; done < count; done++) {
        unread--
        listener()
      }
    },
  }
}

const line = (text: string): LogEvent => ({ level: 'output', text })

test('lines that come together travel together, in order, with what became of their steps', () => {
  const { events, texts, reader } = slowReader()
  const sender = new ProgressSender(reader)
  sender.step({ step: 1, name: 'link', state: 'running', milliseconds: 0 })
  sender.line(line('a'))
  sender.line(line('b'))
  expect(events).toEqual([])
  vi.advanceTimersByTime(100)
  expect(events).toHaveLength(1)
  expect(texts()).toEqual(['a', 'b'])
  expect(events[0]?.steps).toMatchObject([{ name: 'link' }])
})

test('200,000 lines arrive whole in some hundred events, however slowly they are read', () => {
  const { events, texts, reader, read } = slowReader()
  const sender = new ProgressSender(reader)
  for (let number = 0; number < 200_000; number++) sender.line(line(String(number)))
  expect(events).toHaveLength(4)
  while (events.reduce((sum, { lines }) => sum + lines.length, 0) < 200_000) read()
  expect(texts().findIndex((text, number) => text !== String(number))).toBe(-1)
  expect(events.length).toBeLessThan(150)
  expect(events.every(({ lost }) => lost === undefined)).toBe(true)
})

test('beyond that the oldest are left out, and counted', () => {
  const { events, texts, reader } = slowReader()
  const sender = new ProgressSender(reader)
  for (let number = 0; number < 500_000; number++) sender.line(line(String(number)))
  const before = texts().length
  sender.finish()
  const lost = events.reduce((sum, event) => sum + (event.lost ?? 0), 0)
  expect(texts().length + lost).toBe(500_000)
  expect(texts().length).toBe(before + 200_000)
  expect(texts().at(-1)).toBe('499999')
})

test('a line without end is cut', () => {
  const { texts, reader } = slowReader()
  const sender = new ProgressSender(reader)
  sender.line(line('x'.repeat(1_000_000)))
  sender.finish()
  expect(texts()[0]).toMatch(/^x{20000}… \(980000 more characters\)$/)
})
