/** Addresses of the network in the machine: those that QEMU's user network has, too. */

/** An IPv4 address as a number, from its dotted form. */
export const ip = (text: string): number => text.split('.').reduce((value, part) => value * 256 + Number(part), 0)

export const showIp = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.')
export const showMac = (mac: Uint8Array): string => [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':')

export const NETWORK = ip('10.0.2.0')
export const NETMASK = ip('255.255.255.0')
export const GATEWAY = ip('10.0.2.2')
/** What the guest gets by DHCP. */
export const GUEST = ip('10.0.2.15')
export const BROADCAST = ip('255.255.255.255')
export const NETWORK_BROADCAST = ip('10.0.2.255')

export const GATEWAY_MAC = Uint8Array.of(0x52, 0x55, 10, 0, 2, 2)
export const BROADCAST_MAC = new Uint8Array(6).fill(0xff)

export const sameMac = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, index) => byte === b[index])
