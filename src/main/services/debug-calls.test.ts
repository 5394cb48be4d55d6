/** A template's kernel, debugged through the services as the window does it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, serveChannel, type Client } from '../../shared/channel'
import type { LogEvent } from '../../shared/debug'
import type { MachineReport, MachineState } from '../../shared/machine-schemas'
import { buildEmulatorWorker, type BuiltWorker } from '../../../tests/support/emulator-worker'
import { portPair } from '../../../tests/support/port-pair'
import { startMachine } from '../emulator/host/handle'
import { createServices, type Services } from './services'

let folder: string
let services: Services
let worker: BuiltWorker
let client: Client
let directory: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-debug-'))
  worker = await buildEmulatorWorker()
  services = createServices({ door: 'browser', dataDirectory: join(folder, 'data'), startMachine: (options, listener) => startMachine(options, listener, worker.url) })
  const [clientPort, serverPort] = portPair()
  serveChannel(serverPort, services.handlers)
  client = createClient(clientPort)
  directory = join(folder, 'exceptions')
  await client.call('projects.create', { template: 'exceptions-c', directory })
  expect((await client.listen('builds.run', { directory }, () => undefined)).ok).toBe(true)
}, 180_000)

afterAll(async () => {
  await services.close()
  await worker.remove()
  rmSync(folder, { recursive: true, force: true })
})

interface Booted {
  machine: string
  report: Promise<MachineReport>
  /** The last state that was told. */
  state: () => MachineState | undefined
  /** Resolves with the first state that fits, from now on. */
  until: (fits: (state: MachineState) => boolean) => Promise<MachineState>
}

async function boot(pauseAt?: 'reset' | 'boot-sector' | 'kernel', source: { type: 'project'; directory: string } = { type: 'project', directory }): Promise<Booted> {
  const { machine } = await client.call('machines.boot', { source, ...(pauseAt ? { pauseAt } : {}) })
  let state: MachineState | undefined
  const waiting = new Set<(state: MachineState) => void>()
  const report = client.listen('machines.watch', { machine }, (event) => {
    if (event.type !== 'state') return
    state = event.state
    for (const hear of waiting) hear(event.state)
  })
  report.catch(() => undefined)
  const until: Booted['until'] = (fits) =>
    new Promise((resolve) => {
      if (state && fits(state)) return resolve(state)
      const hear = (next: MachineState): void => {
        if (!fits(next)) return
        waiting.delete(hear)
        resolve(next)
      }
      waiting.add(hear)
    })
  return { machine, report, state: () => state, until }
}

const paused = ({ paused: why }: MachineState): boolean => why !== undefined

describe('debugging a template', { timeout: 60_000 }, () => {
  it('breaks at a source line, steps, looks, resumes and finishes', async () => {
    const { machine, until, report } = await boot('kernel')
    const atKernel = await until(paused)
    expect(atKernel.paused?.reason).toEqual({ type: 'boot', at: 'kernel' })
    expect(atKernel.timeline?.map(({ step }) => step)).toEqual(['firmware', 'boot-sector', 'stage-2', 'protected-mode', 'long-mode', 'kernel'])
    const info = await client.call('debug.kernel', { machine })
    expect(info.entry).toBe(atKernel.paused?.address)
    expect(info.lines).toBeGreaterThan(50)
    expect(await client.call('debug.whatIs', { machine, addresses: [info.entry ?? '0x0'] })).toMatchObject([{ symbol: { name: '_start', offset: 0 }, source: { path: 'kernel.c' } }])

    // A line of the breakpoint's handler: it is called through the IDT.
    const { text } = await client.call('projects.readFile', { directory, path: 'kernel.c' })
    const line = text.split('\n').findIndex((one) => one.includes('Breakpoint: the next instruction')) + 1
    const set = await client.call('debug.setBreakpoint', { machine, spec: { kind: 'code', at: { file: 'kernel.c', line } } })
    expect(set.spec).toMatchObject({ kind: 'code', label: `kernel.c:${line}` })
    await client.call('debug.resume', { machine })
    const atLine = await until(({ paused: why }) => why?.reason.type === 'breakpoint')
    expect(atLine.paused?.reason).toEqual({ type: 'breakpoint', hits: [{ id: set.id, kind: 'code' }] })
    const [here] = await client.call('debug.disassemble', { machine, count: 5 })
    expect(here).toMatchObject({ address: atLine.paused?.address, source: { path: 'kernel.c', line }, symbol: { name: 'on_breakpoint' } })

    const registers = await client.call('debug.registers', { machine })
    expect(registers).toMatchObject({ cpuMode: 'long', mode: '64-bit', codeSize: 64, paging: '4-level', cpl: 0 })
    const stack = await client.call('debug.stack', { machine, words: 64 })
    expect(stack.width).toBe(8)
    expect(stack.words.filter(({ returns }) => returns).map(({ symbol }) => symbol?.name)).toContain('common')

    // `dispatch` jumps to the handler: it has left no frame.
    expect(stack.frames.slice(0, 2).map(({ symbol, by }) => [symbol?.name, by])).toEqual([['on_breakpoint', 'current'], ['common', 'call-frame-information']])
    expect(stack.frames[1]?.source?.path).toBe('entry.S')
    expect(stack.end).not.toBe('')

    const count = registers.instructions
    await client.call('debug.step', { machine, step: 'into' })
    await until(({ instructions, paused: why }) => instructions === count + 1 && why?.reason.type === 'step')
    // The rest of the line, with the function that it calls.
    await client.call('debug.step', { machine, step: 'over', unit: 'line' })
    const nextLine = await until(({ instructions, paused: why }) => instructions > count + 100 && why?.reason.type === 'step')
    expect(await client.call('debug.whatIs', { machine, addresses: [nextLine.paused?.address ?? '0x0'] })).toMatchObject([{ symbol: { name: 'on_breakpoint' }, source: { path: 'kernel.c', line: line + 1 } }])

    await client.call('debug.step', { machine, step: 'out' })
    await until(({ instructions, paused: why }) => instructions > nextLine.instructions && why?.reason.type === 'step')
    const back = await client.call('debug.registers', { machine })
    const { symbol } = (await client.call('debug.whatIs', { machine, addresses: [back.address] }))[0] ?? {}
    expect(['dispatch', 'common']).toContain(symbol?.name)

    const idt = await client.call('debug.descriptors', { machine, table: 'idt' })
    const gate = idt.entries.find(({ index }) => index === 3)
    expect(gate).toMatchObject({ kind: expect.stringMatching(/^64-bit (interrupt|trap) gate$/), present: true, target: { symbol: { name: 'entry_3' } } })
    const doubleFault = idt.entries.find(({ index }) => index === 8)
    expect(doubleFault?.target?.ist).toBeGreaterThan(0)
    const task = await client.call('debug.taskState', { machine })
    expect(task.kind).toBe('64-bit TSS (busy)')
    const gdt = await client.call('debug.descriptors', { machine, table: 'gdt' })
    expect(gdt.entries.find(({ selector }) => selector === registers.segments.find(({ name }) => name === 'cs')?.selector)).toMatchObject({ kind: 'code', flags: expect.arrayContaining(['64-bit']) })

    // A word of the kernel's memory, changed and read back.
    await client.call('debug.setMemory', { machine, space: 'linear', address: stack.top, data: Buffer.from('kernel!!').toString('base64') })
    const memory = await client.call('debug.memory', { machine, space: 'linear', address: stack.top, bytes: 8 })
    expect(Buffer.from(memory.data, 'base64').toString()).toBe('kernel!!')
    expect(memory.pages[0]?.state).toBe('ram')
    await client.call('debug.setMemory', { machine, space: 'linear', address: stack.top, data: Buffer.from(BigUint64Array.of(BigInt(stack.words[0]?.value ?? 0)).buffer).toString('base64') })

    await client.call('debug.removeBreakpoint', { machine, id: set.id })
    await client.call('debug.resume', { machine })
    const end = await report
    expect(end.reason).toBe('halted-forever')
  })

  it('tells a state that is paused no change of time, and refuses what needs a paused machine', async () => {
    const { machine, until, state } = await boot('boot-sector')
    await until(paused)
    const before = state()?.instructions
    await client.call('debug.resume', { machine })
    await expect(client.call('debug.step', { machine, step: 'into' })).rejects.toMatchObject({ failure: { code: expect.stringMatching(/running|ended/) } })
    expect(before).toBeGreaterThan(0)
    await client.call('machines.stop', { machine })
    await expect(client.call('debug.registers', { machine })).rejects.toMatchObject({ failure: { code: 'ended' } })
  })

  it('names what it cannot find', async () => {
    const { machine } = await boot('reset')
    await expect(client.call('debug.find', { machine, at: { symbol: 'nowhere' } })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    await expect(client.call('debug.find', { machine, at: { file: 'kernel.c', line: 100_000 } })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    expect(await client.call('debug.find', { machine, at: { symbol: '_start' } })).toHaveLength(1)
    await expect(client.call('debug.setBreakpoint', { machine, spec: { kind: 'code', at: { symbol: 'nowhere' } } })).rejects.toMatchObject({ failure: { code: 'not-found' } })
    await client.call('machines.stop', { machine })
  })

  it('logs BIOS calls and ports while somebody listens', async () => {
    const { machine, until, report } = await boot('reset')
    await until(paused)
    const events: LogEvent[] = []
    const log = client.listen('debug.log', { machine, filter: { bios: { vectors: [0x13] }, ports: { ranges: [{ first: 0x92, last: 0x92 }, { first: 0x3d4, last: 0x3d5 }] } } }, (event) => void events.push(event))
    await client.call('debug.resume', { machine })
    await report
    expect(await log).toBeNull()
    const entries = events.flatMap((event) => event.entries)
    const reads = entries.filter((entry) => entry.kind === 'bios')
    expect(reads.map(({ name }) => name)).toContain('Extended read')
    expect(reads.every(({ vector }) => vector === 0x13)).toBe(true)
    expect(reads.find(({ name }) => name === 'Extended read')).toMatchObject({ carry: false, arguments: [{ name: 'DL', value: '0x80' }, { name: 'DS:SI' }], results: [{ name: 'AH', value: '0x00' }] })
    expect(events.every(({ lost }) => lost === 0)).toBe(true)
    expect(entries.every((entry, index) => index === 0 || entry.instructions >= (entries[index - 1]?.instructions ?? 0))).toBe(true)
  })

  it('debugs a boot sector of assembly by its source', async () => {
    const own = join(folder, 'sector')
    await client.call('projects.create', { template: 'boot-sector', directory: own })
    expect((await client.listen('builds.run', { directory: own }, () => undefined)).ok).toBe(true)
    const { machine, until, report } = await boot('boot-sector', { type: 'project', directory: own })
    const { paused: why } = await until(paused)
    expect(why).toEqual({ reason: { type: 'boot', at: 'boot-sector' }, address: '0x7c00' })
    const [first] = await client.call('debug.disassemble', { machine, count: 1 })
    expect(first?.source?.path).toBe('boot.S')
    await client.call('debug.setSpeed', { machine, speed: { pace: 'fast' } })
    await client.call('debug.resume', { machine })
    await client.call('machines.stop', { machine })
    const end = await report
    expect(['stopped', 'halted-forever']).toContain(end.reason)
  })
})
