import { expect, test } from 'vitest'
import { mergeTexts } from './merge'

const names = { mine: 'yours', theirs: 'the file' }
const base = 'a\nb\nc\nd\ne\n'

test('changes of different lines come together', () => {
  expect(mergeTexts({ base, mine: 'A\nb\nc\nd\ne\n', theirs: 'a\nb\nc\nd\nE\nf\n' }, names)).toEqual({ text: 'A\nb\nc\nd\nE\nf\n', conflicts: 0 })
})

test('the same change on both sides is no conflict', () => {
  expect(mergeTexts({ base, mine: 'a\nX\nc\nd\ne\n', theirs: 'a\nX\nc\nd\ne\n' }, names)).toEqual({ text: 'a\nX\nc\nd\ne\n', conflicts: 0 })
})

test('different changes of one line are marked, with the ends of line of the text', () => {
  expect(mergeTexts({ base, mine: 'a\nmine\nc\nd\ne\n', theirs: 'a\ntheirs\nc\nd\ne\n' }, names)).toEqual({
    text: 'a\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> the file\nc\nd\ne\n',
    conflicts: 1,
  })
  expect(mergeTexts({ base: 'a\r\n', mine: 'b\r\n', theirs: 'c\r\n' }, names).text).toBe('<<<<<<< yours\r\nb\r\n=======\r\nc\r\n>>>>>>> the file\r\n')
})
