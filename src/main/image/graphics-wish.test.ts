import { expect, it } from 'vitest'
import { wishParameters } from './graphics-wish'
import { findMultibootHeader, multibootWish } from './multiboot'
import { findMultiboot2Header, multiboot2Wish } from './multiboot2'

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer)
}

/** Multiboot 1 with the address fields empty, then mode type, width, height, depth. */
function first(flags: number, ...video: number[]): Uint8Array {
  return words(0x1badb002, flags, -(0x1badb002 + flags), 0, 0, 0, 0, 0, ...video)
}

it.each<[string, Uint8Array, Record<string, bigint>]>([
  ['a mode', first(4, 0, 1024, 768, 32), { 'framebuffer-width': 1024n, 'framebuffer-height': 768n, 'framebuffer-bits': 32n }],
  ['a depth only', first(4, 0, 0, 0, 24), { 'framebuffer-bits': 24n }],
  ['text mode', first(4, 1, 80, 25, 0), {}],
  ['nothing', first(3, 0, 1024, 768, 32), {}],
  ['more than the file has', first(4, 0, 1024), {}],
])('a Multiboot header that asks for %s', (_name, bytes, parameters) => {
  const { header } = findMultibootHeader(bytes)
  expect(header && wishParameters(multibootWish(bytes, header))).toEqual(parameters)
})

it.each<[string, number[], Record<string, bigint>]>([
  ['a mode', [5, 20, 800, 600, 32, 0], { 'framebuffer-width': 800n, 'framebuffer-height': 600n, 'framebuffer-bits': 32n }],
  ['nothing', [], {}],
])('a Multiboot 2 header that asks for %s', (_name, tag, parameters) => {
  const length = 16 + 4 * tag.length + 8
  const bytes = words(0xe85250d6, 0, length, -(0xe85250d6 + length), ...tag, 0, 8)
  const { header } = findMultiboot2Header(bytes)
  expect(header && wishParameters(multiboot2Wish(header))).toEqual(parameters)
})
