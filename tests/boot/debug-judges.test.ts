/** What the debugger shows, beside what QEMU's monitor says of the same image at the same point, and what binutils say of the kernel's file. */
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { CodeReader, disassembly } from '../../src/main/emulator/debug/look/disassembly'
import { MemoryReader } from '../../src/main/emulator/debug/look/memory'
import { registersOf } from '../../src/main/emulator/debug/look/registers'
import { Machine } from '../../src/main/emulator/machine/machine'
import { bootFacts, KernelInfo } from '../../src/main/services/booted-kernel'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { findQemu } from '../support/qemu'
import { requireTool } from '../support/tools'
import { templateImages } from './template-images'

const templates = await templateImages()
const WANTED = ['exceptions-c', 'paging-c', 'higher-half-c', 'multiboot2-c', 'exceptions-rust']
const LIMIT_MS = 60_000
/** Of the guest's time. */
const DEBUGGED_TICKS = 20_000_000
/** CR0.CD and CR0.NW. */
const CACHE_OFF = 0x6000_0000n

const reply = z.object({ return: z.unknown().optional(), event: z.string().optional() })

/** Boots an image in QEMU until its processor halts for good, and asks its monitor then. */
async function askQemu(image: string, commands: (registers: string) => string[]): Promise<string[]> {
  const child = spawn('qemu-system-x86_64', ['-accel', 'tcg', '-display', 'none', '-nodefaults', '-vga', 'std', '-m', '128M', '-drive', `format=raw,snapshot=on,file=${image}`, '-qmp', 'stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const command = async (execute: string, args: Record<string, unknown> = {}): Promise<string> => {
    child.stdin.write(`${JSON.stringify({ execute, arguments: args })}\n`)
    for (;;) {
      const line = await lines.next()
      if (line.done === true) throw new Error('QEMU ended.')
      const message = reply.parse(JSON.parse(line.value))
      if (message.return !== undefined) return typeof message.return === 'string' ? message.return : ''
    }
  }
  const monitor = (text: string): Promise<string> => command('human-monitor-command', { 'command-line': text })
  try {
    await lines.next()
    await command('qmp_capabilities')
    const deadline = Date.now() + LIMIT_MS
    let before = ''
    for (;;) {
      const registers = await monitor('info registers')
      if (/HLT=1/.test(registers) && registers === before && !/RIP=0000000000000|EIP=0000/.test(registers)) break
      if (Date.now() > deadline) throw new Error(`The guest does not halt:\n${registers}`)
      before = registers
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    const answers = [before]
    for (const one of commands(before)) answers.push(await monitor(one))
    return answers
  } finally {
    child.kill('SIGKILL')
  }
}

function ownMachine(image: Uint8Array): Machine {
  const machine = new Machine({ image, memoryBytes: 128 << 20, backend: DEFAULT_BACKEND, startDate: 0, marks: bootFacts(image).marks, onSerial: () => undefined, onDebugConsole: () => undefined })
  // Time enough for every template to come to its end, or to wait for somebody.
  machine.run(300_000_000)
  return machine
}

const field = (registers: string, name: string): bigint => BigInt(`0x${new RegExp(`\\b${name} ?= *([0-9a-f]+)`).exec(registers)?.[1] ?? 'none'}`)

describe.each(templates.filter(({ template }) => WANTED.includes(template.id)))('$template.id', { timeout: 180_000 }, ({ skip, path }) => {
  let image: Uint8Array
  let machine: Machine
  let answers: string[]

  beforeAll(async () => {
    if (skip || findQemu() === undefined) return
    const file = await path()
    image = new Uint8Array(readFileSync(file))
    machine = ownMachine(image)
    const { address } = registersOf(machine)
    answers = await askQemu(file, () => ['info tlb', `x/60i 0x${(BigInt(address) & ~0xfn).toString(16)}`])
  }, 180_000)

  test.skipIf(skip || findQemu() === undefined)('registers', () => {
    const qemu = answers[0] ?? ''
    const own = registersOf(machine)
    const value = (list: readonly { name: string; value: string }[], name: string): bigint => BigInt(list.find((one) => one.name === name)?.value ?? '0x0')
    const wide = own.cpuMode === 'long'
    const names = wide ? ['RSP', 'RBP', 'RBX'] : ['ESP', 'EBP']
    for (const name of names) expect([name, value(own.general, wide ? name.toLowerCase() : `r${name.slice(1).toLowerCase()}`)]).toEqual([name, field(qemu, name)])
    expect(BigInt(own.rip)).toBe(field(qemu, wide ? 'RIP' : 'EIP'))
    // SeaBIOS leaves the cache switched off.
    expect(value(own.control, 'cr0') & ~CACHE_OFF).toBe(field(qemu, 'CR0') & ~CACHE_OFF)
    for (const name of ['CR3', 'CR4']) expect([name, value(own.control, name.toLowerCase())]).toEqual([name, field(qemu, name)])
    expect(value(own.modelSpecific, 'EFER')).toBe(field(qemu, 'EFER'))
    // Not SS: QEMU makes it null when a gate names a stack of its own, which the SDM has for changes of privilege alone (vol. 3A, 6.14.4).
    for (const name of ['CS', 'DS']) expect([name, own.segments.find((one) => one.name === name.toLowerCase())?.selector]).toEqual([name, Number(field(qemu, name))])
    for (const name of ['GDT', 'IDT']) expect([name, BigInt(own.tables.find((one) => one.name === `${name.toLowerCase()}r`)?.base ?? '0x0')]).toEqual([name, field(qemu, name)])
  })

  test.skipIf(skip || findQemu() === undefined)('page tables', () => {
    const { tables } = new MemoryReader(machine.cpu, machine.memoryMap)
    const pages = [...(answers[1] ?? '').matchAll(/^([0-9a-f]{8,16}): ([0-9a-f]{8,16}) (\S{9})/gm)]
    if (tables.paging === 'none') {
      expect(pages).toEqual([])
      return
    }
    expect(pages.length).toBeGreaterThan(0)
    let mapped = 0n
    for (const [, linear = '', physical = '', flags = ''] of pages) {
      const { result } = tables.walk(BigInt(`0x${linear}`))
      // QEMU's letters: X no execute, P large, U user, W writable; of the last level alone.
      expect([linear, result && BigInt(result.physical)]).toEqual([linear, BigInt(`0x${physical}`)])
      if (result?.writable === true) expect(flags).toContain('W')
      if (result?.user === true) expect(flags).toContain('U')
      if (flags.includes('X')) expect(result?.executable).toBe(false)
      mapped += BigInt(result?.pageBytes ?? 0)
    }
    let listed = 0n
    for (let from: bigint | undefined = 0n; from !== undefined; ) {
      const { ranges, next } = tables.mappings(from, 2000)
      for (const { first, last, physical } of ranges) {
        listed += BigInt(last) - BigInt(first) + 1n
        expect(tables.walk(BigInt(first)).result?.physical).toBe(physical)
      }
      from = next === undefined ? undefined : BigInt(next)
    }
    expect(listed).toBe(mapped)
  })

  test.skipIf(skip || findQemu() === undefined)('disassembly', () => {
    const qemu = [...(answers[2] ?? '').matchAll(/^0x0*([0-9a-f]+): +(?:[0-9a-f]{2} )+ +[a-z(.]/gm)].map(([, address]) => `0x${address}`)
    expect(qemu.length).toBe(60)
    const reader = new MemoryReader(machine.cpu, machine.memoryMap)
    const own = disassembly(machine.cpu, reader, { address: qemu[0] ?? '0x0', count: 60 })
    expect(own.map(({ address }) => address)).toEqual(qemu)
    // Backwards, from where the symbol says that the function begins.
    const info = infoOf(image)
    const last = own.at(-1)?.address ?? '0x0'
    const start = info.startOf(BigInt(last))
    if (start === undefined) return
    const before = new CodeReader(machine.cpu, reader).backwards(BigInt(last), 5, start)
    const forwards = new CodeReader(machine.cpu, reader).forwards(start, 400).map(({ address }) => address)
    expect(before.map(({ address }) => address)).toEqual(forwards.slice(0, forwards.indexOf(last)).slice(-5))
  })

  test.skipIf(skip || requireTool('addr2line') === undefined || requireTool('nm') === undefined)('symbols and source lines', async () => {
    const file = (await path()).replace(/\.img$/, '.elf')
    const bytes = new Uint8Array(readFileSync(file))
    const info = KernelInfo.of(bytes, file, undefined, undefined)
    const functions = [...execFileSync('nm', ['--defined-only', '-S', file], { encoding: 'utf8' }).matchAll(/^([0-9a-f]+) ([0-9a-f]+) [tT] (\S+)$/gm)].slice(0, 200)
    expect(functions.length).toBeGreaterThan(0)
    const addresses = functions.flatMap(([, address = '0', size = '0']) => [BigInt(`0x${address}`), BigInt(`0x${address}`) + BigInt(`0x${size}`) / 2n])
    const lines = execFileSync('addr2line', ['-e', file, ...addresses.map((address) => `0x${address.toString(16)}`)], { encoding: 'utf8' }).trim().split('\n')
    let compared = 0
    addresses.forEach((address, index) => {
      const [, name = '', line = '0'] = /([^/]+):(\d+)/.exec(lines[index] ?? '') ?? []
      const { source } = info.whatIs(address)
      if (line === '0' || source === undefined) return
      compared++
      expect([address, source.file.split('/').at(-1), source.line]).toEqual([address, name, Number(line)])
    })
    expect(compared).toBeGreaterThan(functions.length / 3)
    for (const [, address = '0', , name = ''] of functions) {
      const { symbol } = info.whatIs(BigInt(`0x${address}`))
      expect(info.find({ symbol: name })).toContain(BigInt(`0x${address}`))
      expect(symbol?.offset).toBe(0)
    }
  })

  test.skipIf(skip)('a run that is watched, stopped and stepped is the same run', async () => {
    const { marks, kernel } = bootFacts(new Uint8Array(readFileSync(await path())))
    const fresh = (): Machine =>
      new Machine({ image: new Uint8Array(readFileSync(file)), memoryBytes: 32 << 20, backend: DEFAULT_BACKEND, startDate: 0, marks, onSerial: () => undefined, onDebugConsole: () => undefined })
    const file = await path()
    const plain = fresh()
    plain.run(DEBUGGED_TICKS)
    const debugged = fresh()
    const { control } = debugged
    const info = kernel ? KernelInfo.of(kernel.bytes, kernel.file, kernel.entry, undefined) : KernelInfo.nothing
    const start = kernel?.entry ?? 0n
    for (let address = start; address < start + 0x400n; address += 8n) {
      const at = info.startOf(address) ?? address
      control.breakpoints.set({ spec: { kind: 'code', addresses: [`0x${at.toString(16)}`] }, condition: { when: 'every', count: 97 } })
    }
    const page = `0x${(start & ~0xfffn).toString(16)}`
    control.breakpoints.set({ spec: { kind: 'data', space: 'linear', address: page, bytes: 65_536, access: 'any' }, condition: { when: 'every', count: 1009 } })
    control.breakpoints.set({ spec: { kind: 'data', space: 'physical', address: '0x100000', bytes: 65_536, access: 'write' }, condition: { when: 'every', count: 499 } })
    let [stops, random] = [0, 7]
    const next = (below: number): number => (random = (random * 1_103_515_245 + 12_345) % 2_147_483_648) % below
    while (debugged.now < DEBUGGED_TICKS && !debugged.outcome) {
      if (control.paused) {
        stops++
        if (next(3) === 0) control.step(next(2) === 0 ? 'into' : 'over')
        else control.resume()
      }
      debugged.run(Math.min(1 + next(50_000), DEBUGGED_TICKS - debugged.now))
      if (next(20) === 0) control.pause({ type: 'user' })
    }
    expect(stops).toBeGreaterThan(5)
    expect([debugged.instructions, debugged.now, debugged.outcome, debugged.cpu.snapshotHash()]).toEqual([plain.instructions, plain.now, plain.outcome, plain.cpu.snapshotHash()])
    expect(debugged.timeline.entries).toEqual(plain.timeline.entries)
  })

  test.skipIf(skip || requireTool('objdump') === undefined)('call frame information', async () => {
    const file = (await path()).replace(/\.img$/, '.elf')
    const info = KernelInfo.of(new Uint8Array(readFileSync(file)), file, undefined, undefined)
    const dump = execFileSync('objdump', ['--dwarf=frames-interp', file], { encoding: 'utf8', maxBuffer: 1 << 28 })
    const registers: Readonly<Record<string, number>> = { rsp: 7, rbp: 6, rbx: 3, esp: 4, ebp: 5, ebx: 3 }
    let compared = 0
    // A CIE has rows, too, at address 0, and so have functions that the linker dropped.
    for (const [, address = '0', register = '', offset = '0', back = '0'] of dump.matchAll(/^([0-9a-f]{8,16}) (\w+)\+(\d+) .*c-(\d+) *$/gm)) {
      if (info.startOf(BigInt(`0x${address}`)) === undefined) continue
      const row = info.frameAt(BigInt(`0x${address}`))
      expect([address, row?.cfa, row?.saved.get(row.returnColumn)]).toEqual([address, { register: registers[register], offset: Number(offset) }, -Number(back)])
      compared++
    }
    expect(compared).toBeGreaterThan(4)
  })
})

function infoOf(image: Uint8Array): KernelInfo {
  const { kernel } = bootFacts(image)
  return kernel ? KernelInfo.of(kernel.bytes, kernel.file, kernel.entry, undefined) : KernelInfo.nothing
}
