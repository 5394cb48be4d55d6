import { expect, test } from 'vitest'
import { AnsiReader } from './ansi'

const E = '\u001b'
const read = (...lines: string[]) => {
  const reader = new AnsiReader()
  return lines.map((line) => reader.read(line))
}

test("gcc's colours: bold and a colour, with erasures between", () => {
  const [line] = read(`a.c:1:2: ${E}[01;35m${E}[Kwarning: ${E}[m${E}[Kunused`)
  expect(line).toEqual({ text: 'a.c:1:2: warning: unused', styles: [{ start: 9, end: 18, style: { bold: true, front: { index: 5 } } }] })
})

test('16, 256 and true colours, in front and behind, with semicolons and with colons', () => {
  const style = (codes: string) => read(`${E}[${codes}mx`)[0]?.styles[0]?.style
  expect(style('31')).toEqual({ front: { index: 1 } })
  expect(style('97;104')).toEqual({ front: { index: 15 }, back: { index: 12 } })
  expect(style('38;5;208;1')).toEqual({ front: { index: 208 }, bold: true })
  expect(style('48;2;1;2;3;4')).toEqual({ back: { rgb: 0x010203 }, underline: true })
  expect(style('38:2::255:128:0')).toEqual({ front: { rgb: 0xff8000 } })
  expect(style('38:2:255:128:0')).toEqual({ front: { rgb: 0xff8000 } })
  expect(style('38;5;999')).toEqual({ front: { index: 255 } })
})

test('what is switched on goes off again', () => {
  const after = (codes: string) => read(`${E}[1;2;3;4;7;9;31;42m${E}[${codes}mx`)[0]?.styles[0]?.style
  expect(after('0')).toBeUndefined()
  expect(after('')).toBeUndefined()
  expect(after('22;23;24;27;29')).toEqual({ front: { index: 1 }, back: { index: 2 } })
  expect(after('39;49;22')).toEqual({ italic: true, underline: true, inverse: true, strike: true })
})

test('a colour goes on over the end of a line', () => {
  const [first, second, third] = read(`${E}[32mone`, 'two', `thr${E}[0mee`)
  expect(first?.styles).toEqual([{ start: 0, end: 3, style: { front: { index: 2 } } }])
  expect(second?.styles).toEqual([{ start: 0, end: 3, style: { front: { index: 2 } } }])
  expect(third?.styles).toEqual([{ start: 0, end: 3, style: { front: { index: 2 } } }])
})

test('links, titles, cursor movements and control characters leave no trace', () => {
  expect(read(`${E}]8;;http://x${E}\\-Wall${E}]8;;${E}\\ ${E}]0;title\u0007${E}[2K${E}(Bok\u0007\u0000`)[0]).toEqual({ text: '-Wall ok', styles: [] })
})

test('of a progress line the last state is shown, in the colour chosen before', () => {
  expect(read(`${E}[36m 10%\r 50%\r100%\r`)[0]).toEqual({ text: '100%', styles: [{ start: 0, end: 4, style: { front: { index: 6 } } }] })
})
