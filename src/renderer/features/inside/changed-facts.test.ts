import { expect, test } from 'vitest'
import { changedFacts, factKey } from './changed-facts'

const pic = (value: string, meaning?: string) => [{ name: 'PIC', groups: [{ title: 'Master', facts: [{ name: 'IRR', value, ...(meaning === undefined ? {} : { meaning }) }, { name: 'IMR', value: '0xff' }] }] }]

test('facts that changed are told, with what they were', () => {
  expect([...changedFacts(pic('0x01'), pic('0x00'))]).toEqual([[factKey('PIC', 'Master', 'IRR'), '0x00']])
  expect([...changedFacts(pic('0x01', 'timer'), pic('0x01'))]).toEqual([[factKey('PIC', 'Master', 'IRR'), '0x01']])
  expect(changedFacts(pic('0x01'), pic('0x01')).size).toBe(0)
})

test('what was not there before has not changed', () => {
  expect(changedFacts(pic('0x01'), undefined).size).toBe(0)
  expect(changedFacts(pic('0x01'), []).size).toBe(0)
})
