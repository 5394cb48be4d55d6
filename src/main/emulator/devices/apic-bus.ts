/**
 * The way of interrupt messages from I/O APIC and processors to local APICs (Intel SDM vol. 3A, 10.6.2: destinations; 10.6.2.4: lowest priority).
 * A message arrives at once.
 */

/** Delivery modes of redirection entries, local vectors and interrupt commands: bits 10–8. */
export const Delivery = { fixed: 0, lowestPriority: 1, smi: 2, nmi: 4, init: 5, startUp: 6, extInt: 7 } as const

/** Every APIC, in messages from senders with either size of identifiers. */
export const BROADCAST = 0xffff_ffff
/** The same where a destination has eight bits. */
const BROADCAST_8 = 0xff

/** A destination of eight bits as messages have it. */
export function destination8(value: number): number {
  return value === BROADCAST_8 ? BROADCAST : value
}

export interface ApicMessage {
  /** An identifier, or with `logical` a set of APICs: 32 bits. */
  readonly destination: number
  readonly logical: boolean
  /** One of `Delivery`; others are reserved and reach nobody. */
  readonly mode: number
  readonly vector: number
  readonly levelTriggered: boolean
}

/** A local APIC, seen from the bus. */
export interface ApicTarget {
  /** Whether a destination means this one. */
  answers(destination: number, logical: boolean): boolean
  /** Takes part in lowest-priority arbitration. */
  readonly enabled: boolean
  /** PPR. */
  readonly processorPriority: number
  /** False: it did not take the message. */
  receive(mode: number, vector: number, levelTriggered: boolean): boolean
}

export class ApicBus {
  readonly #targets: ApicTarget[] = []
  /** Hears the vector of a level-triggered interrupt whose handler is done. */
  onEndOfInterrupt: (vector: number) => void = () => undefined

  attach(target: ApicTarget): void {
    this.#targets.push(target)
  }

  /** @returns whether an APIC took it */
  send({ destination, logical, mode, vector, levelTriggered }: ApicMessage): boolean {
    const meant = this.#targets.filter((target) => target.answers(destination, logical))
    return this.#deliver(meant, mode, vector, levelTriggered)
  }

  /** To all, with or without the sender. */
  sendToAll(mode: number, vector: number, except?: ApicTarget): boolean {
    return this.#deliver(this.#targets.filter((target) => target !== except), mode, vector, false)
  }

  #deliver(meant: readonly ApicTarget[], mode: number, vector: number, levelTriggered: boolean): boolean {
    if (mode !== Delivery.lowestPriority) return meant.map((target) => target.receive(mode, vector, levelTriggered)).includes(true)
    const [first, ...others] = meant.filter(({ enabled }) => enabled)
    const chosen = others.reduce((best, target) => (best && target.processorPriority < best.processorPriority ? target : best), first)
    return chosen?.receive(Delivery.fixed, vector, levelTriggered) ?? false
  }
}
