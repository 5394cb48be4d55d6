import { describe, expect, it } from 'vitest'
import { bootimageSettings } from './bootimage'
import { bootloaderPlan } from './boot-metadata'
import { isTestExecutable } from './built-kernel'
import { readQemuArguments } from './qemu-arguments'

describe('[package.metadata.bootimage]', () => {
  const metadata = {
    bootimage: {
      'run-command': ['qemu-system-x86_64', '{}'],
      'run-args': ['-m', '512M'],
      'test-args': ['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04', '-serial', 'stdio', '-display', 'none'],
      'test-timeout': 7,
      'test-success-exit-code': 33,
      colour: 'red',
    },
  }

  it('says how a kernel is run', () => {
    expect(bootimageSettings(metadata, false, ['-serial', 'none'])).toEqual({
      settings: { memoryBytes: 512 << 20, serial: false },
      remarks: [
        "[package.metadata.bootimage] run-command has no meaning here: the kernel runs in Bootlab's own PC.",
        '[package.metadata.bootimage] colour is no key that bootimage knows; it is passed over.',
      ],
    })
  })

  it('says how it is tested, and harness arguments are nobody\'s business', () => {
    expect(bootimageSettings(metadata, true, ['--nocapture', '-q', '--test-threads=1'])).toEqual({
      settings: { serial: true, headless: true, endOnReset: true, timeoutMilliseconds: 7000, successExitCode: 33 },
      remarks: [],
    })
  })

  it('has defaults as the tool of that name', () => {
    expect(bootimageSettings(undefined, true, [])).toEqual({ settings: { endOnReset: true, timeoutMilliseconds: 300_000 }, remarks: [] })
    expect(bootimageSettings({ bootimage: { 'test-no-reboot': false } }, true, []).settings.endOnReset).toBe(false)
  })

  it.each([
    ['test-timeout', '10s', /test-timeout is "10s", and must be a number of seconds/],
    ['test-success-exit-code', 256, /must be a number from 0 to 255/],
    ['run-args', '-m 1G', /run-args is "-m 1G", and must be a list of texts/],
  ])('refuses %s = %j', (key, value, message) => expect(() => bootimageSettings({ bootimage: { [key]: value } }, true, [])).toThrow(message))
})

describe("QEMU's arguments", () => {
  it.each([
    [['-m', '64'], { memoryBytes: 64 << 20 }],
    [['-m', 'size=1G,slots=2'], { memoryBytes: 2 ** 30 }],
    [['--nographic', '--no-reboot'], { headless: true, serial: true, endOnReset: true }],
    [['-serial', 'mon:stdio', '-debugcon', 'stdio', '-monitor', 'none', '-smp', '1'], { serial: true, debugConsole: true }],
  ])('%j', (args, settings) => expect(readQemuArguments(args, 'run-args')).toEqual({ settings, remarks: [] }))

  it.each([
    [['-smp', 'cores=4'], /^run-args: -smp cores=4 is passed over: the PC has one processor\.$/],
    [['-device', 'e1000'], /-device e1000 is passed over/],
    [['-device', 'isa-debug-exit'], /port 0xf4/],
    [['-m', 'lots'], /no size/],
    [['-frobnicate'], /^run-args: -frobnicate means nothing/],
  ])('%j are named and passed over', (args, remark) => {
    const { settings, remarks } = readQemuArguments(args, 'run-args')
    expect(settings).toEqual({})
    expect(remarks).toEqual([expect.stringMatching(remark)])
  })
})

describe('[package.metadata.bootloader]', () => {
  const crate = { version: '0.9.35', features: ['map_physical_memory'] }
  const plan = (table: Record<string, unknown>, bootloader = crate) => bootloaderPlan({ bootloader, metadata: { bootloader: table } }, 'Cargo.toml')

  it('is read with its addresses', () => {
    expect(plan({ 'kernel-stack-address': '0xFFFFFF8000000000', 'kernel-stack-size': 128, 'boot-info-address': '4096', 'physical-memory-offset': '0xC000000000' })).toEqual({
      bootloader: { ...crate, kernelStackAddress: 0xffff_ff80_0000_0000n, kernelStackPages: 128, bootInfoAddress: 4096n, physicalMemoryOffset: 0xc0_0000_0000n },
      problems: [],
    })
    expect(bootloaderPlan({ bootloader: crate, metadata: null }, 'Cargo.toml')).toEqual({ bootloader: crate, problems: [] })
  })

  it.each([
    ['kernel-stack-address', 4096, /not an address in quotes/],
    ['kernel-stack-address', '0x1001', /not a multiple of 4096/],
    ['kernel-stack-address', '0x1FFFFFFFFFFFFFFFF', /not an address/],
    ['kernel-stack-size', '4096', /not a number of pages/],
    ['kernel-stack-sice', 1, /no such key/],
  ])('refuses %s = %j', (key, value, message) => {
    expect(plan({ [key]: value })?.problems).toMatchObject([{ severity: 'error', source: 'cargo', file: 'Cargo.toml', message: expect.stringMatching(message), next: expect.any(String) }])
  })

  it('has an offset for physical memory only where that is mapped', () => {
    expect(plan({ 'physical-memory-offset': '0x1000' }, { version: '0.9.35', features: [] })?.problems[0]?.next).toContain('map_physical_memory')
  })

  it('concerns versions before 0.10 alone', () => {
    expect(plan({}, { version: '0.11.1', features: [] })).toBeUndefined()
    expect(bootloaderPlan({ bootloader: undefined, metadata: {} }, 'Cargo.toml')).toBeUndefined()
  })
})

it('tests are known by where cargo puts them', () => {
  expect(['t/deps/passing-0123456789abcdef', 'C/k-0123456789abcdef.exe', 'rustdoctestX/rust_out'].map(isTestExecutable)).toEqual([true, true, true])
  expect(['target/x86_64-k/debug/kernel', 'kernel.elf', 'debug/my-kernel'].map(isTestExecutable)).toEqual([false, false, false])
})
