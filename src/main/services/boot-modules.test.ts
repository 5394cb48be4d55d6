import { describe, expect, it } from 'vitest'
import { LabError } from '../../shared/failure'
import { MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { parseInitrd, parseModule, readModules } from './boot-modules'

describe('files of --initrd', () => {
  it.each([
    ['initrd.img', [['initrd.img', 'initrd.img']]],
    ['a.bin,b.bin', [['a.bin', 'a.bin'], ['b.bin', 'b.bin']]],
    ['a.bin level=3 fast,b.bin', [['a.bin', 'a.bin level=3 fast'], ['b.bin', 'b.bin']]],
    ['a,,b.bin list=1,,2,c', [['a,b.bin', 'a,b.bin list=1,2'], ['c', 'c']]],
  ])('%s', (text, expected) => expect(parseInitrd(text).map(({ path, commandLine }) => [path, commandLine])).toEqual(expected))

  it.each(['', ',a', 'a,', 'a,b,', ' text alone'])('%j names none', (text) => expect(() => parseInitrd(text)).toThrow(RangeError))
})

describe('a file of --module', () => {
  it.each([
    ['a.bin', 'a.bin', ''],
    ['a b.bin', 'a b.bin', ''],
    ['a.bin,level=3, fast', 'a.bin', 'level=3, fast'],
    ['a,,b.bin,x,,y', 'a,b.bin', 'x,,y'],
  ])('%s', (text, path, commandLine) => expect(parseModule(text)).toEqual({ path, commandLine }))

  it('has a name', () => expect(() => parseModule(',text')).toThrow(RangeError))
  it('takes no text that the loader has no room for', () => {
    expect(parseModule(`a,${'x'.repeat(MAX_COMMAND_LINE_BYTES)}`).commandLine).toHaveLength(MAX_COMMAND_LINE_BYTES)
    expect(() => parseModule(`a,${'x'.repeat(MAX_COMMAND_LINE_BYTES + 1)}`)).toThrow(/4096 bytes/)
  })
})

it('modules are read in their order, under the names of their files', async () => {
  const read = async (path: string): Promise<Uint8Array> => new TextEncoder().encode(path)
  const modules = await readModules([{ path: '/x/b', commandLine: 'two' }, { path: '/y/a', commandLine: '' }], read)
  expect(modules.map(({ name, bytes, commandLine }) => [name, bytes.length, commandLine])).toEqual([['b', 4, 'two'], ['a', 4, '']])
})

it('more than a disk holds is refused', async () => {
  const large = new Uint8Array(300 << 20)
  const files = ['/a', '/b'].map((path) => ({ path, commandLine: '' }))
  await expect(readModules(files, async () => large)).rejects.toThrow(LabError)
})
