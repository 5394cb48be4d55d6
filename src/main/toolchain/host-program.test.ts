import { readFileSync, statSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import receiver from '../../../resources/usb/receive-descriptor.c?raw'
import { hostProgram, hostTarget } from './host-program'
import { ownCache } from './testing'

/** Commands of a Mach-O file (mach-o/loader.h): processor and load commands. */
function machO(bytes: Buffer): { magic: number; processor: number; commands: number[] } {
  const commands: number[] = []
  for (let at = 32, left = bytes.readUInt32LE(16); left > 0; left--) {
    commands.push(bytes.readUInt32LE(at))
    at += bytes.readUInt32LE(at + 4)
  }
  return { magic: bytes.readUInt32LE(0), processor: bytes.readUInt32LE(4), commands }
}

const LC_CODE_SIGNATURE = 0x1d

describe('a program for this computer', () => {
  test('targets: those of macOS and Linux', () => {
    expect([hostTarget('darwin', 'arm64'), hostTarget('darwin', 'x64'), hostTarget('linux', 'x64')]).toEqual(['aarch64-macos.11.0', 'x86_64-macos.11.0', 'x86_64-linux-gnu'])
    expect(() => hostTarget('win32', 'x64')).toThrow(RangeError)
  })

  // It runs nowhere here: that it compiles without a warning, and is signed where macOS demands it, is all that can be seen.
  test.each([['arm64', 0x0100_000c], ['x64', 0x0100_0007]] as const)('receive-descriptor compiles for macOS on %s', { timeout: 180_000 }, async (arch, processor) => {
    const made = machO(readFileSync(await hostProgram(receiver, { target: hostTarget('darwin', arch) })))
    expect(made).toMatchObject({ magic: 0xfeed_facf, processor })
    if (arch === 'arm64') expect(made.commands).toContain(LC_CODE_SIGNATURE)
  })

  test.skipIf(process.platform !== 'linux')('is compiled once, and runs; a mistake in it is told', { timeout: 180_000 }, async () => {
    const path = await hostProgram('int main(void) { return 42; }\n')
    const made = statSync(path).ino
    expect(await hostProgram('int main(void) { return 42; }\n')).toBe(path)
    expect(statSync(path).ino).toBe(made)
    expect(spawnSync(path).status).toBe(42)
    await expect(hostProgram('int main(void) { int unused; return 0; }\n')).rejects.toThrow(/unused variable/)
    await ownCache()
    await expect(hostProgram('int main(void) { return 1; }\n', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })
})
