/** The judge is addr2line of binutils, which reads the same files. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import { locateZig, runZig } from '../../toolchain/zig'
import { parseElf, readSymbols } from '../elf'
import { ImageError } from '../errors'
import { relocateKernel } from '../relocate'
import { SourceMap } from '.'

const SOURCE = `
static int counter;
int table[4] = { 1, 2, 3, 4 };
static inline int twice(int value) {
  return value * 2;
}
__attribute__((noinline)) int work(int *place) {
  for (int i = 0; i < 4; i++)
    counter += twice(place[i]);
  return counter;
}
#include "other.h"
void start(void) {
  for (;;)
    other(work(table));
}
`
const OTHER = `
static void other(int value) {
  __asm__ volatile("" :: "r"(value));
  if (value == 3)
    __asm__ volatile("hlt");
}
`

const folder = mkdtempSync(join(tmpdir(), 'bootlab-dwarf-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const zig = locateZig()
writeFileSync(join(folder, 'kernel.c'), SOURCE)
writeFileSync(join(folder, 'other.h'), OTHER)

async function build(name: string, flags: readonly string[], linkArguments: readonly string[] = []): Promise<string> {
  const run = async (tool: 'clang' | 'ld.lld', args: string[]): Promise<void> => {
    const { code, stderr } = await runZig({ tool, args, cwd: folder }, zig)
    if (code !== 0) throw new Error(stderr)
  }
  const bits32 = flags.includes('--target=i386-unknown-none')
  await run('clang', ['--no-default-config', '-ffreestanding', '-O1', '-c', 'kernel.c', '-o', `${name}.o`, ...flags])
  await run('ld.lld', ['-m', bits32 ? 'elf_i386' : 'elf_x86_64', '-e', 'start', '-o', name, `${name}.o`, ...linkArguments])
  return join(folder, name)
}

/** What addr2line says about addresses, as `file:line`; `?` where it knows no line. */
function judged(tool: string, path: string, addresses: readonly bigint[]): string[] {
  const out = execFileSync(tool, ['-e', path], { input: addresses.map((address) => `0x${address.toString(16)}\n`).join(''), encoding: 'utf8' })
  // "kernel.c:9 (discriminator 2)"
  return out.trimEnd().split('\n').map((line) => {
    const [place = ''] = line.split(' ')
    return /:[?0]+$/.test(place) ? '?' : place
  })
}

const X64 = ['--target=x86_64-unknown-none']
const WAYS: Record<string, string[]> = {
  'DWARF 5': [...X64, '-gdwarf-5'],
  'DWARF 4': [...X64, '-gdwarf-4'],
  'DWARF 3': [...X64, '-gdwarf-3'],
  'DWARF 2': [...X64, '-gdwarf-2'],
  'DWARF 5 with 64-bit offsets': [...X64, '-gdwarf-5', '-gdwarf64'],
  'DWARF 5, 32-bit code': ['--target=i386-unknown-none', '-gdwarf-5'],
  'relative folders': [...X64, '-gdwarf-5', '-fdebug-compilation-dir=.'],
  'a section per function': [...X64, '-gdwarf-4', '-ffunction-sections'],
}

describe('every address of the code has the line that addr2line says', () => {
  const addr2line = requireTool('addr2line')
  test.skipIf(addr2line === undefined).each(Object.entries(WAYS))('%s', async (name, flags) => {
    for (const [suffix, links] of Object.entries({ plain: [], compressed: ['--compress-debug-sections=zlib'], collected: ['--gc-sections'] })) {
      const path = await build(`${name.replaceAll(/\W/g, '')}-${suffix}`, flags, links)
      const bytes = new Uint8Array(readFileSync(path))
      const elf = parseElf(bytes)
      const map = new SourceMap(bytes, elf, readSymbols(bytes, elf), name)
      const text = elf.sections.find((section) => section.name === '.text')
      const addresses = Array.from({ length: text?.bytes ?? 0 }, (_, index) => (text?.address ?? 0n) + BigInt(index))
      const own = addresses.map((address) => {
        const place = map.lineAt(address)
        return place ? `${place.file}:${place.line}` : '?'
      })
      expect(addresses.length).toBeGreaterThan(40)
      expect(own).toEqual(judged(addr2line ?? '', path, addresses).map((place) => posix.normalize(place)))
      expect(new Set(own.map((place) => place.replace(/:\d+$/, ''))).size).toBeGreaterThanOrEqual(2)
    }
  })
})

test.each(Object.entries(WAYS))('variables and functions are found where they are declared: %s', async (name, flags) => {
  const bytes = new Uint8Array(readFileSync(await build('declared', flags)))
  const elf = parseElf(bytes)
  const symbols = readSymbols(bytes, elf)
  const map = new SourceMap(bytes, elf, symbols, name)
  const line = (symbol: string): number | undefined => map.declarationAt(symbols.find((each) => each.name === symbol)?.address ?? 0n)?.line
  expect([line('counter'), line('table'), line('work'), line('start')]).toEqual([2, 3, 7, 13])
})

test('a kernel that was moved keeps its lines', async () => {
  const bytes = new Uint8Array(readFileSync(await build('pie', [...X64, '-gdwarf-5', '-fpie'], ['-pie', '--no-dynamic-linker'])))
  const before = parseElf(bytes)
  const moved = relocateKernel(bytes, before, 0x20_0000n, 'kernel')
  const elf = parseElf(moved.bytes)
  const symbols = readSymbols(moved.bytes, elf)
  const [was, is] = [new SourceMap(bytes, before, readSymbols(bytes, before), 'k'), new SourceMap(moved.bytes, elf, symbols, 'k')]
  expect(is.moved).toBe(moved.base)
  expect(moved.base).not.toBe(0n)
  const text = before.sections.find(({ name }) => name === '.text')
  for (let at = 0n; at < BigInt(text?.bytes ?? 0); at++) expect(is.lineAt((text?.address ?? 0n) + moved.base + at)).toEqual(was.lineAt((text?.address ?? 0n) + at))
  expect(is.ranges(0n, 1n << 63n)).toHaveLength(was.ranges(0n, 1n << 63n).length)
})

test('damage anywhere in the debug information is an error with a name, or another answer', async () => {
  const clean = new Uint8Array(readFileSync(await build('damaged', [...X64, '-gdwarf-5'])))
  const elf = parseElf(clean)
  const symbols = readSymbols(clean, elf)
  const debug = elf.sections.filter(({ name }) => name.startsWith('.debug_'))
  let refused = 0
  for (const { offset, bytes: length } of debug)
    for (let at = offset; at < offset + length; at++)
      for (const value of [0x00, 0xff, 0x80]) {
        const bytes = clean.slice()
        bytes[at] = value
        try {
          expect(new SourceMap(bytes, elf, symbols, 'k').lineCount).toBeLessThan(length * 4 + 10_000)
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError)
          refused++
        }
      }
  expect(refused).toBeGreaterThan(20)
})
