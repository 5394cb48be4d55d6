import { describe, expect, test } from 'vitest'
import { GATEWAY, GUEST } from './addresses'
import { get16, get32 } from './bytes'
import { answerDhcp } from './dhcp'
import { hex, showHex } from './test-packets'

const MAC = '52 54 00 12 34 56'

/** A client's message as RFC 2131's figure 1 has it: fixed fields, cookie, options. */
function message(options: string, { flags = '00 00', ciaddr = '00 00 00 00', op = '01', cookie = '63 82 53 63' } = {}): Uint8Array {
  const fixed = new Uint8Array(236)
  fixed.set(hex(`${op} 01 06 00 de ad be ef 00 05 ${flags} ${ciaddr}`))
  fixed.set(hex(MAC), 28)
  return Uint8Array.of(...fixed, ...hex(cookie), ...hex(options))
}

function optionsOf(payload: Uint8Array): Map<number, string> {
  const found = new Map<number, string>()
  for (let at = 240; payload[at] !== 255; at += 2 + (payload[at + 1] ?? 0)) found.set(payload[at] ?? 0, showHex(payload.subarray(at + 2, at + 2 + (payload[at + 1] ?? 0))))
  return found
}

const NETWORK = { mask: 'ff ff ff 00', router: '0a 00 02 02' }

describe('DHCP', () => {
  test('offers the address to who discovers', () => {
    const reply = answerDhcp(message('35 01 01 ff'), undefined)
    expect(reply).toMatchObject({ broadcast: false, client: GUEST, mac: hex(MAC) })
    const { payload } = reply ?? { payload: new Uint8Array() }
    expect(showHex(payload.subarray(0, 12))).toBe('02 01 06 00 de ad be ef 00 00 00 00')
    expect([get32(payload, 16), get32(payload, 20), showHex(payload.subarray(28, 34)), get32(payload, 236)]).toEqual([GUEST, GATEWAY, MAC, 0x63825363])
    const options = optionsOf(payload)
    expect([53, 54, 1, 3, 51].map((code) => options.get(code))).toEqual(['02', NETWORK.router, NETWORK.mask, NETWORK.router, '00 01 51 80'])
    // No name server, and nothing to boot.
    expect([options.has(6), options.has(67), payload[108]]).toEqual([false, false, 0])
    expect(payload.length).toBeGreaterThanOrEqual(300)
  })

  test('answers by broadcast when it is asked to', () => {
    expect(answerDhcp(message('35 01 01 ff', { flags: '80 00' }), undefined)?.broadcast).toBe(true)
  })

  test.each([
    ['the offered address', '35 01 03 32 04 0a 00 02 0f 36 04 0a 00 02 02 ff', '05'],
    ['an address of before, without naming a server', '35 01 03 32 04 0a 00 02 0f ff', '05'],
    ['another address', '35 01 03 32 04 c0 a8 00 07 ff', '06'],
  ])('a request for %s', (_name, options, type) => {
    const reply = answerDhcp(message(options), undefined)
    expect(reply && optionsOf(reply.payload).get(53)).toBe(type)
    if (type === '06') expect([reply?.broadcast, reply && get32(reply.payload, 16)]).toEqual([true, 0])
  })

  test('renews what a client has', () => {
    const reply = answerDhcp(message('35 01 03 ff', { ciaddr: '0a 00 02 0f', flags: '80 00' }), undefined)
    expect([reply && optionsOf(reply.payload).get(53), reply?.broadcast, reply?.client]).toEqual(['05', false, GUEST])
  })

  test.each([
    ['a request to another server', '35 01 03 32 04 0a 00 02 0f 36 04 0a 00 02 03 ff'],
    ['a release', '35 01 07 ff'],
    ['a decline', '35 01 04 ff'],
  ])('says nothing to %s', (_name, options) => {
    expect(answerDhcp(message(options), undefined)).toBeUndefined()
  })

  test('informs who has an address, without giving one', () => {
    const reply = answerDhcp(message('35 01 08 ff', { ciaddr: '0a 00 02 32' }), undefined)
    expect(reply && [optionsOf(reply.payload).get(53), get32(reply.payload, 16), optionsOf(reply.payload).has(51), reply.client]).toEqual(['05', 0, false, 0x0a000232])
  })

  test('tells what to boot, in the field and as options', () => {
    const reply = answerDhcp(message('35 01 01 ff'), 'kernel.elf')
    const { payload } = reply ?? { payload: new Uint8Array() }
    expect(new TextDecoder().decode(payload.subarray(108, 118))).toBe('kernel.elf')
    expect([66, 67].map((code) => new TextDecoder().decode(hex(optionsOf(payload).get(code) ?? '')))).toEqual(['10.0.2.2', 'kernel.elf'])
    expect(answerDhcp(message('35 01 01 ff'), 'x'.repeat(1000))?.payload.length).toBeLessThan(700)
  })

  test('serves BOOTP, which has no message type', () => {
    const reply = answerDhcp(message('', { cookie: '' }), 'boot')
    expect(reply && [get32(reply.payload, 16), get16(reply.payload, 0), optionsOf(reply.payload).has(53)]).toEqual([GUEST, 0x0201, false])
  })

  test('ignores answers, other hardware and what is cut off', () => {
    expect(answerDhcp(message('35 01 01 ff', { op: '02' }), undefined)).toBeUndefined()
    expect(answerDhcp(message('35 01 01 ff').with(2, 8), undefined)).toBeUndefined()
    expect(answerDhcp(message('').subarray(0, 235), undefined)).toBeUndefined()
  })
})
