import { describe, expect, it } from 'vitest'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { Machine } from '../machine/machine'
import { describeDifference, Lockstep, type LockstepOptions } from './lockstep'

/** mov cx,2000; again: mov [500h],cx; loop again; then: cli; hlt */
const COUNT = [0xb9, 0xd0, 0x07, 0x89, 0x0e, 0x00, 0x05, 0xe2, 0xfa, 0xfa, 0xf4]

function options(code: readonly number[], more: Partial<LockstepOptions> = {}): LockstepOptions {
  const image = new Uint8Array(512)
  image.set(code)
  image.set([0x55, 0xaa], 510)
  return { image, memoryBytes: 1 << 20, backends: ['oracle', 'interp'], ...more }
}

function toTheEnd(lockstep: Lockstep): ReturnType<Lockstep['step']> {
  for (;;) {
    const end = lockstep.step()
    if (end || lockstep.machine.now > 10 * TICKS_PER_SECOND) return end
  }
}

/** Something goes wrong on the second backend when CX has come down to a value. */
function planted(cx: number, spoil: (machine: Machine) => void): Partial<LockstepOptions> {
  return {
    prepare(machine, backend) {
      if (backend !== 'interp') return
      const timer = machine.clock.timer((due) => {
        const { state } = machine.cpu
        if (state.rip === 0x7c07n && state.gpr(1) === BigInt(cx)) spoil(machine)
        else timer.set(due + 1)
      })
      timer.set(1)
    },
  }
}

function differenceOf(lockstep: Lockstep): string[] {
  const end = toTheEnd(lockstep)
  if (end?.reason !== 'difference') throw new Error('No difference was found.')
  return describeDifference(end.difference)
}

describe('lockstep', () => {
  it('runs to the end of a program on which both agree', () => {
    const lockstep = new Lockstep(options(COUNT))
    expect(toTheEnd(lockstep)).toEqual({ reason: 'ended', outcome: { reason: 'halted-forever', interruptsEnabled: false } })
    expect(lockstep.instructions).toBeGreaterThan(4000)
    expect(lockstep.step()).toMatchObject({ reason: 'ended' })
  })

  it('stops after the instruction that makes a register differ, and names only that', () => {
    const lines = differenceOf(new Lockstep(options(COUNT, planted(1234, ({ cpu }) => cpu.state.setGpr(3, 0x5a5an)))))
    // The planted change comes after MOV [500h],CX, before LOOP.
    expect(lines[0]).toMatch(/^After [\d,]+ instructions that agree/)
    expect(lines[1]).toMatch(/^ {2}0000:7c0[37] /)
    expect(lines.slice(2)).toEqual([expect.stringMatching(/^ {2}rbx +oracle 0x\w+ {2}interp 0x5a5a$/)])
  })

  it('sees memory that differs, and lists a few bytes', () => {
    const lines = differenceOf(new Lockstep(options(COUNT, planted(77, ({ memory }) => memory.writeBytes(0x6000, new Uint8Array(20).fill(0xee))))))
    expect(lines[2]).toBe('  memory 0x6000  oracle 0x00  interp 0xee')
    expect(lines.at(-1)).toMatch(/12 more bytes differ$/)
  })

  it('compares two machines that differ from power-on', () => {
    const lines = differenceOf(new Lockstep(options(COUNT, { prepare: ({ cpu }, backend) => backend === 'interp' && cpu.state.setGpr(15, 1n) })))
    expect(lines[0]).toBe('After 0 instructions that agree, this one does not:')
    expect(lines[1]).toContain('f000:fff0')
  })
})
