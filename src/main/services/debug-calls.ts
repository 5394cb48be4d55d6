/** The calls and streams with which the window looks inside a machine. */
import { isAbsolute } from 'node:path'
import type { Handlers } from '../../shared/channel'
import type { BootSource } from '../../shared/contract'
import type { StackView } from '../../shared/debug'
import { openProject } from '../project'
import { type BootFacts, enrich, KernelInfo, linkedFile } from './booted-kernel'
import { callStack } from './call-stack'
import type { Machines } from './machines'

type DebugCalls = Pick<Handlers['calls'], Extract<keyof Handlers['calls'], `debug.${string}`>>
type DebugStreams = Pick<Handlers['streams'], Extract<keyof Handlers['streams'], `debug.${string}`>>

/** Kernels whose symbols are kept: of the machines that run, and of some that ended. */
const MOST_KERNELS = 12
/** Stack above its top that callers are looked for in. */
const UNWOUND_BYTES = 65_536

/** What was booted in each machine, for those who look inside. */
export class BootedKernels {
  readonly #infos = new Map<string, () => Promise<KernelInfo>>()

  /** The kernel's file is taken apart when somebody first asks. */
  booted(machine: string, source: BootSource, facts: BootFacts): void {
    let info: Promise<KernelInfo> | undefined
    this.#infos.set(machine, () => (info ??= readKernel(source, facts)))
    for (const id of [...this.#infos.keys()].slice(0, -MOST_KERNELS)) this.#infos.delete(id)
  }

  async of(machine: string): Promise<KernelInfo> {
    return (await this.#infos.get(machine)?.()) ?? KernelInfo.nothing
  }
}

async function readKernel(source: BootSource, { kernel }: BootFacts): Promise<KernelInfo> {
  const directory = source.type === 'project' ? source.directory : undefined
  if (kernel) return KernelInfo.of(kernel.bytes, kernel.file, kernel.entry, directory)
  if (directory === undefined || !isAbsolute(directory)) return KernelInfo.nothing
  const { manifest } = await openProject(directory)
  const linked = await linkedFile(directory, manifest.name)
  return linked ? KernelInfo.of(linked.bytes, linked.file, undefined, directory) : KernelInfo.nothing
}

export function debugCalls(machines: Machines, kernels: BootedKernels): DebugCalls {
  return {
    'debug.pause': ({ machine }) => machines.ask(machine, 'pause', {}),
    'debug.resume': ({ machine, ...args }) => machines.ask(machine, 'resume', args),
    'debug.step': async ({ machine, step, unit }) => {
      if (unit !== 'line') return machines.ask(machine, 'step', { step })
      const { address } = await machines.ask(machine, 'registers', {})
      const within = (await kernels.of(machine)).lineAround(BigInt(address)).map(({ start, end }) => ({ first: hex(start), last: hex(end - 1n) }))
      return machines.ask(machine, 'step', { step, within })
    },
    'debug.runTo': async ({ machine, at }) => machines.ask(machine, 'runTo', { addresses: (await kernels.of(machine)).find(at).map(hex) }),
    'debug.setSpeed': ({ machine, ...args }) => machines.ask(machine, 'setSpeed', args),

    'debug.breakpoints': ({ machine }) => machines.ask(machine, 'breakpoints', {}),
    'debug.setBreakpoint': async ({ machine, spec, ...options }) => {
      if (spec.kind !== 'code') return machines.ask(machine, 'setBreakpoint', { spec, ...options })
      const addresses = (await kernels.of(machine)).find(spec.at).map(hex)
      return machines.ask(machine, 'setBreakpoint', { spec: { kind: 'code', addresses, ...labelOf(spec.at) }, ...options })
    },
    'debug.changeBreakpoint': ({ machine, ...args }) => machines.ask(machine, 'changeBreakpoint', args),
    'debug.removeBreakpoint': ({ machine, ...args }) => machines.ask(machine, 'removeBreakpoint', args),

    'debug.registers': ({ machine }) => machines.ask(machine, 'registers', {}),
    'debug.lookAt': ({ machine, cpu }) => machines.ask(machine, 'lookAt', { cpu }),
    'debug.setRegister': ({ machine, ...args }) => machines.ask(machine, 'setRegister', args),
    'debug.memory': ({ machine, ...args }) => machines.ask(machine, 'memory', args),
    'debug.survey': ({ machine, ...args }) => machines.ask(machine, 'survey', args),
    'debug.setMemory': ({ machine, ...args }) => machines.ask(machine, 'setMemory', args),
    'debug.disassemble': async ({ machine, ...args }) => {
      const info = await kernels.of(machine)
      const address = args.address ?? (await machines.ask(machine, 'registers', {})).address
      const start = args.anchor === undefined && args.before !== undefined ? info.startOf(BigInt(address)) : undefined
      return enrich.disassemble(info, await machines.ask(machine, 'disassemble', { ...args, address, ...(start === undefined ? {} : { anchor: hex(start) }) }))
    },
    'debug.stack': async ({ machine, ...args }) => {
      const info = await kernels.of(machine)
      const stack = await machines.ask(machine, 'stack', args)
      return enrich.stack(info, { ...stack, ...(await betterFrames(machines, machine, info, stack)) })
    },
    'debug.descriptors': async ({ machine, ...args }) => enrich.descriptors(await kernels.of(machine), await machines.ask(machine, 'descriptors', args)),
    'debug.taskState': ({ machine }) => machines.ask(machine, 'taskState', {}),
    'debug.pageWalk': ({ machine, ...args }) => machines.ask(machine, 'pageWalk', args),
    'debug.mappings': ({ machine, ...args }) => machines.ask(machine, 'mappings', args),
    'debug.devices': ({ machine }) => machines.ask(machine, 'devices', {}),

    'debug.whatIs': async ({ machine, addresses }) => {
      const info = await kernels.of(machine)
      return addresses.map((address) => info.whatIs(BigInt(address)))
    },
    'debug.find': async ({ machine, at }) => {
      const info = await kernels.of(machine)
      return info.find(at).map((address) => info.whatIs(address))
    },
    'debug.kernel': async ({ machine }) => (await kernels.of(machine)).summary,
  }
}

export function debugStreams(machines: Machines): DebugStreams {
  return {
    'debug.log': ({ machine, filter }, context) => machines.log(machine, filter, context, context.signal),
  }
}

/** The call stack as the kernel's file tells it, where that leads further than frame pointers alone. */
async function betterFrames(machines: Machines, machine: string, info: KernelInfo, { top, frames }: StackView): Promise<Pick<StackView, 'frames' | 'end'> | undefined> {
  const registers = await machines.ask(machine, 'registers', {})
  if (info.frameAt(BigInt(registers.address)) === undefined) return undefined
  const { data, pages } = await machines.ask(machine, 'memory', { space: 'linear', address: top, bytes: UNWOUND_BYTES })
  const first = pages.findIndex(({ state }) => state === 'unmapped')
  const readable = pages.slice(0, first < 0 ? pages.length : first).reduce((sum, { bytes }) => sum + bytes, 0)
  const memory = new Uint8Array(Buffer.from(data, 'base64')).subarray(0, readable)
  const found = callStack({ registers, top: BigInt(top), memory, rowAt: (address) => info.frameAt(address), isCode: (address) => info.startOf(address) !== undefined })
  return found && found.frames.length >= frames.length ? found : undefined
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}

/** As the person named the place. */
function labelOf(at: Parameters<KernelInfo['find']>[0]): { label?: string } {
  const label = 'symbol' in at ? at.symbol : 'file' in at ? `${at.file}:${at.line}` : undefined
  return label === undefined ? {} : { label: label.slice(-300) }
}
