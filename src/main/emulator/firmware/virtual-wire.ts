/**
 * Virtual wire mode (Intel MultiProcessor Specification 1.4, 3.6.2.2): requests of the 8259A pair pass through the local APIC as if it were not
 * there, so that programs that know nothing of APICs have their interrupts.
 */
import { Delivery } from '../devices/apic-bus'
import { IMCR_DATA, IMCR_REGISTER, IMCR_SELECT } from '../devices/imcr'
import { Apic } from '../devices/local-apic-registers'
import type { FirmwareHost } from './context'

/** Enabled by software, spurious vector FFh. */
const SPURIOUS = 0x1ff

export function enterVirtualWireMode({ ports, localApic }: FirmwareHost): void {
  if (!localApic) return
  ports.write8(IMCR_SELECT, IMCR_REGISTER)
  ports.write8(IMCR_DATA, 1)
  localApic.write(Apic.spurious, 4, SPURIOUS)
  localApic.write(Apic.lint0, 4, Delivery.extInt << 8)
  localApic.write(Apic.lint1, 4, Delivery.nmi << 8)
}
