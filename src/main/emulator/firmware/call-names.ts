/**
 * Names of BIOS services, and the registers that matter to each (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference;
 * VBE 3.0; Enhanced Disk Drive Specification 3.0; APM BIOS Interface Specification 1.2; PCI BIOS Specification 2.1). For logs: what the services do is in the files of the interrupts.
 */

export type CallRegister = 'AX' | 'BX' | 'CX' | 'DX' | 'SI' | 'DI' | 'BP' | 'ES' | 'EAX' | 'EBX' | 'ECX' | 'EDX' | 'AL' | 'AH' | 'BL' | 'BH' | 'CL' | 'CH' | 'DL' | 'DH' | 'ES:BX' | 'ES:BP' | 'ES:DI' | 'DS:SI'

export interface CallName {
  readonly name: string
  readonly arguments: readonly (readonly [CallRegister, meaning: string])[]
  readonly results: readonly (readonly [CallRegister, meaning: string])[]
}

const call = (name: string, args: CallName['arguments'] = [], results: CallName['results'] = []): CallName => ({ name, arguments: args, results })

const STATUS = ['AH', 'status'] as const
const DRIVE = ['DL', 'drive'] as const
const CHS = [['AL', 'sectors'], ['CH', 'cylinder, low 8 bits'], ['CL', 'sector, and cylinder high'], ['DH', 'head'], DRIVE, ['ES:BX', 'buffer']] as const
const PACKET = [DRIVE, ['DS:SI', 'disk address packet']] as const
const CELL = [['AL', 'character'], ['BH', 'page'], ['BL', 'attribute'], ['CX', 'count']] as const
const APM_DEVICE = [['BX', 'device']] as const
const PCI_PLACE = ['BX', 'bus, device and function'] as const
const PCI_REGISTER = [PCI_PLACE, ['DI', 'register']] as const
const VBE = ['AX', 'status (4Fh: done)'] as const
const PIXEL = [['BH', 'page'], ['CX', 'column'], ['DX', 'row']] as const

/** By vector: by AX first, then by AH, then `all`. */
export const CALL_NAMES: Readonly<Record<number, { readonly ax?: Readonly<Record<number, CallName>>; readonly ah?: Readonly<Record<number, CallName>>; readonly all?: CallName }>> = {
  0x05: { all: call('Print screen') },
  0x08: { all: call('Timer tick (IRQ 0)') },
  0x09: { all: call('Keyboard (IRQ 1)') },
  0x70: { all: call('Clock (IRQ 8)') },
  0x74: { all: call('Pointing device (IRQ 12)') },
  0x10: {
    ah: {
      0x00: call('Set video mode', [['AL', 'mode']]),
      0x01: call('Set cursor shape', [['CX', 'first and last scan line']]),
      0x02: call('Set cursor position', [['BH', 'page'], ['DX', 'row and column']]),
      0x03: call('Get cursor', [['BH', 'page']], [['CX', 'scan lines'], ['DX', 'row and column']]),
      0x04: call('Read light pen', [], [['AH', '0: not triggered']]),
      0x05: call('Select page', [['AL', 'page']]),
      0x06: call('Scroll up', [['AL', 'lines'], ['BH', 'attribute'], ['CX', 'upper left'], ['DX', 'lower right']]),
      0x07: call('Scroll down', [['AL', 'lines'], ['BH', 'attribute'], ['CX', 'upper left'], ['DX', 'lower right']]),
      0x08: call('Read character and attribute', [['BH', 'page']], [['AX', 'attribute and character']]),
      0x09: call('Write characters with attribute', CELL),
      0x0a: call('Write characters', CELL),
      0x0b: call('CGA palette', [['BH', '0: background, 1: set of colours'], ['BL', 'colour or set']]),
      0x0c: call('Write pixel', [['AL', 'colour'], ...PIXEL]),
      0x0d: call('Read pixel', PIXEL, [['AL', 'colour']]),
      0x0e: call('Teletype output', [['AL', 'character'], ['BH', 'page']]),
      0x0f: call('Get video mode', [], [['AX', 'columns and mode'], ['BH', 'page']]),
      0x10: call('Palette', [['AX', 'function'], ['BX', 'register'], ['CX', 'count or value'], ['DX', 'value']]),
      0x11: call('Character generator', [['AX', 'function'], ['BX', 'font']]),
      0x12: call('Display options', [['BL', 'function'], ['AL', 'value']]),
      0x13: call('Write string', [['AL', 'mode'], ['BX', 'page and attribute'], ['CX', 'length'], ['DX', 'row and column'], ['ES:BP', 'string']]),
      0x1a: call('Display combination', [['AL', 'function']], [['BX', 'display']]),
      0x1b: call('Functionality', [['BX', 'version'], ['ES:DI', 'buffer']], [['AL', '1Bh: done']]),
      0x1c: call('Save or restore state', [['AL', 'function'], ['CX', 'states'], ['ES:BX', 'buffer']], [['AL', '1Ch: done'], ['BX', 'blocks of 64 bytes']]),
    },
    ax: {
      0x4f00: call('VBE: get controller information', [['ES:DI', 'buffer']], [VBE]),
      0x4f01: call('VBE: get mode information', [['CX', 'mode'], ['ES:DI', 'buffer']], [VBE]),
      0x4f02: call('VBE: set mode', [['BX', 'mode']], [VBE]),
      0x4f03: call('VBE: get mode', [], [VBE, ['BX', 'mode']]),
      0x4f04: call('VBE: save or restore state', [['DL', 'function'], ['CX', 'states'], ['ES:BX', 'buffer']], [VBE, ['BX', 'blocks of 64 bytes']]),
      0x4f05: call('VBE: window', [['BX', 'window'], ['DX', 'position']], [VBE]),
      0x4f06: call('VBE: line length', [['BL', 'function'], ['CX', 'length']], [VBE]),
      0x4f07: call('VBE: display start', [['BX', 'function'], ['CX', 'column'], ['DX', 'row']], [VBE]),
      0x4f08: call('VBE: palette width', [['BX', 'function and bits']], [VBE]),
      0x4f09: call('VBE: palette', [['BL', 'function'], ['CX', 'count'], ['DX', 'first']], [VBE]),
      0x4f0a: call('VBE: protected mode interface', [['BL', 'function']], [VBE, ['ES:DI', 'table'], ['CX', 'bytes']]),
      0x4f15: call('VBE: EDID', [['BL', 'function'], ['ES:DI', 'buffer']], [VBE]),
    },
  },
  0x11: { all: call('Get equipment', [], [['AX', 'equipment']]) },
  0x12: { all: call('Get base memory', [], [['AX', 'KiB']]) },
  0x13: {
    ah: {
      0x00: call('Reset drive', [DRIVE], [STATUS]),
      0x01: call('Get status', [DRIVE], [STATUS]),
      0x02: call('Read sectors', CHS, [STATUS, ['AL', 'sectors read']]),
      0x03: call('Write sectors', CHS, [STATUS, ['AL', 'sectors written']]),
      0x04: call('Verify sectors', CHS, [STATUS]),
      0x05: call('Format track', [['AL', 'sectors'], ['CH', 'cylinder, low 8 bits'], ['CL', 'cylinder high'], ['DH', 'head'], DRIVE, ['ES:BX', 'sector table']], [STATUS]),
      0x08: call('Get drive parameters', [DRIVE], [STATUS, ['CX', 'last cylinder and sector'], ['DX', 'last head, drives']]),
      0x09: call('Initialise with the drive table', [DRIVE], [STATUS]),
      0x0c: call('Seek', [['CX', 'cylinder'], ['DH', 'head'], DRIVE], [STATUS]),
      0x0d: call('Reset hard disk', [DRIVE], [STATUS]),
      0x10: call('Is the drive ready?', [DRIVE], [STATUS]),
      0x11: call('Recalibrate', [DRIVE], [STATUS]),
      0x14: call('Controller diagnostics', [DRIVE], [STATUS]),
      0x15: call('Get drive type', [DRIVE], [['AH', '0 none, 1 diskette, 2 removable, 3 hard disk'], ['CX', 'sectors, high'], ['DX', 'sectors, low']]),
      0x16: call('Was the disk changed?', [DRIVE], [STATUS]),
      0x17: call('Set diskette type', [['AL', 'type'], DRIVE], [STATUS]),
      0x18: call('Set medium type for a format', [['CH', 'last track, low 8 bits'], ['CL', 'sectors per track'], DRIVE], [STATUS, ['ES:DI', 'drive table']]),
      0x19: call('Park heads', [DRIVE], [STATUS]),
      0x41: call('Are there extensions?', [DRIVE, ['BX', '55AAh']], [['BX', 'AA55h: yes'], ['AH', 'version'], ['CX', 'what is supported']]),
      0x42: call('Extended read', PACKET, [STATUS]),
      0x43: call('Extended write', PACKET, [STATUS]),
      0x44: call('Extended verify', PACKET, [STATUS]),
      0x45: call('Lock the medium', [['AL', '0 lock, 1 unlock, 2 ask'], DRIVE], [STATUS, ['AL', 'locked']]),
      0x46: call('Eject the medium', [DRIVE], [STATUS]),
      0x47: call('Extended seek', PACKET, [STATUS]),
      0x48: call('Get extended drive parameters', [DRIVE, ['DS:SI', 'buffer']], [STATUS]),
      0x49: call('Was the medium changed? (extended)', [DRIVE], [STATUS]),
      0x4b: call('CD emulation', [['AL', 'function'], DRIVE, ['DS:SI', 'packet']], [STATUS]),
      0x4e: call('Set hardware configuration', [['AL', 'function'], DRIVE], [STATUS]),
    },
  },
  0x14: {
    ah: {
      0x00: call('Initialise serial port', [['AL', 'parameters'], ['DX', 'port']], [['AX', 'status']]),
      0x01: call('Send character', [['AL', 'character'], ['DX', 'port']], [STATUS]),
      0x02: call('Receive character', [['DX', 'port']], [['AX', 'status and character']]),
      0x03: call('Get serial status', [['DX', 'port']], [['AX', 'status']]),
      0x04: call('Initialise serial port (extended)', [['AL', 'break'], ['BX', 'parity and stop bits'], ['CH', 'word length'], ['CL', 'rate'], ['DX', 'port']], [['AX', 'status']]),
      0x05: call('Modem control', [['AL', '0 get, 1 set'], ['BL', 'lines'], ['DX', 'port']], [['AX', 'status'], ['BL', 'lines']]),
    },
  },
  0x15: {
    ah: {
      0x24: call('A20 gate', [['AL', '0 shut, 1 open, 2 get, 3 ways']], [STATUS, ['AL', 'state']]),
      0x4f: call('Keyboard intercept', [['AL', 'scan code']]),
      0x53: call('Power management', [['AL', 'function'], ['BX', 'device']], [STATUS]),
      0x83: call('Wait for an event', [['AL', '0 begin, 1 give up'], ['CX', 'microseconds, high'], ['DX', 'microseconds, low'], ['ES:BX', 'flag']]),
      0x85: call('SysRq key', [['AL', '0 pressed, 1 let go']]),
      0x86: call('Wait', [['CX', 'microseconds, high'], ['DX', 'microseconds, low']]),
      0x87: call('Move block', [['CX', 'words'], ['DS:SI', 'descriptors']], [STATUS]),
      0x88: call('Get extended memory', [], [['AX', 'KiB above 1 MiB']]),
      0x8a: call('Get large memory size', [], [['AX', 'KiB above 1 MiB, low'], ['DX', 'high']]),
      0x90: call('A device is waited for', [['AL', 'device']]),
      0x91: call('A device is ready', [['AL', 'device']]),
      0xc0: call('Get configuration', [], [STATUS, ['ES:BX', 'table']]),
      0xc1: call('Get EBDA segment', [], [['ES', 'segment']]),
      0xc2: call('Pointing device', [['AL', 'function'], ['BX', '']], [STATUS]),
    },
    ax: {
      0x5300: call('APM: is it there?', APM_DEVICE, [['AX', 'version'], ['BX', '"PM"'], ['CX', 'flags']]),
      0x5301: call('APM: connect', APM_DEVICE, [STATUS]),
      0x5302: call('APM: connect in 16-bit protected mode', APM_DEVICE, [STATUS]),
      0x5303: call('APM: connect in 32-bit protected mode', APM_DEVICE, [STATUS]),
      0x5304: call('APM: disconnect', APM_DEVICE, [STATUS]),
      0x5305: call('APM: processor idle', [], [STATUS]),
      0x5306: call('APM: processor busy', [], [STATUS]),
      0x5307: call('APM: set power state', [...APM_DEVICE, ['CX', 'state (3: off)']], [STATUS]),
      0x5308: call('APM: enable or disable', [...APM_DEVICE, ['CX', '1: enable']], [STATUS]),
      0x530a: call('APM: get power status', APM_DEVICE, [['BX', 'line and battery'], ['CX', 'battery and its percentage'], ['DX', 'time left']]),
      0x530b: call('APM: get event', [], [STATUS, ['BX', 'event']]),
      0x530c: call('APM: get power state', APM_DEVICE, [['CX', 'state']]),
      0x530e: call('APM: version of the driver', [...APM_DEVICE, ['CX', 'version']], [['AX', 'version agreed on']]),
      0x530f: call('APM: engage', [...APM_DEVICE, ['CX', '1: engage']], [STATUS]),
      0xc200: call('Pointing device: switch', [['BH', '1: on']], [STATUS]),
      0xc201: call('Pointing device: reset', [], [STATUS, ['BX', 'identity and AAh']]),
      0xc202: call('Pointing device: reports per second', [['BH', 'rate']], [STATUS]),
      0xc203: call('Pointing device: resolution', [['BH', 'resolution']], [STATUS]),
      0xc204: call('Pointing device: identify', [], [STATUS, ['BH', 'identity']]),
      0xc205: call('Pointing device: initialise', [['BH', 'bytes of a report']], [STATUS]),
      0xc206: call('Pointing device: status or scaling', [['BH', '0 status, 1 scaling 1:1, 2 scaling 2:1']], [STATUS, ['BL', 'status'], ['CL', 'resolution'], ['DL', 'rate']]),
      0xc207: call('Pointing device: set handler', [['ES:BX', 'handler']], [STATUS]),
      0xe881: call('Get memory sizes (32 bits)', [], [['EAX', 'KiB from 1 to 16 MiB'], ['EBX', '64 KiB blocks above']]),
      0xe801: call('Get memory sizes', [], [['AX', 'KiB from 1 to 16 MiB'], ['BX', '64 KiB blocks above']]),
      0xe820: call('Get memory map', [['EBX', 'continuation'], ['ECX', 'buffer bytes'], ['EDX', 'signature "SMAP"'], ['ES:DI', 'buffer']], [['EAX', 'signature'], ['EBX', 'continuation, 0: last'], ['ECX', 'bytes']]),
    },
  },
  0x16: {
    ah: {
      0x00: call('Read key', [], [['AX', 'scan code and character']]),
      0x01: call('Is there a key?', [], [['AX', 'scan code and character']]),
      0x02: call('Get shift state', [], [['AL', 'state']]),
      0x03: call('Set repeat rate', [['BX', 'rate and delay']]),
      0x05: call('Store key', [['CX', 'scan code and character']], [['AL', '1: no room']]),
      0x09: call('Get keyboard functions', [], [['AL', 'functions']]),
      0x0a: call('Get keyboard identity', [], [['BX', 'identity']]),
      0x92: call('Are there extended functions?', [], [['AH', '80h: yes']]),
      0x10: call('Read extended key', [], [['AX', 'scan code and character']]),
      0x11: call('Is there an extended key?', [], [['AX', 'scan code and character']]),
      0x12: call('Get extended shift state', [], [['AX', 'state']]),
    },
  },
  0x17: {
    ah: {
      0x00: call('Print character', [['AL', 'character'], ['DX', 'port']], [STATUS]),
      0x01: call('Initialise printer', [['DX', 'port']], [STATUS]),
      0x02: call('Get printer status', [['DX', 'port']], [STATUS]),
    },
  },
  0x18: { all: call('Boot failure') },
  0x19: { all: call('Bootstrap: loads and enters the boot sector', [], [DRIVE]) },
  0x1a: {
    ah: {
      0x00: call('Get ticks', [], [['CX', 'high'], ['DX', 'low']]),
      0x01: call('Set ticks', [['CX', 'high'], ['DX', 'low']]),
      0x02: call('Get time', [], [['CX', 'hour and minute (BCD)'], ['DH', 'second (BCD)']]),
      0x03: call('Set time', [['CX', 'hour and minute (BCD)'], ['DH', 'second (BCD)']]),
      0x04: call('Get date', [], [['CX', 'century and year (BCD)'], ['DX', 'month and day (BCD)']]),
      0x05: call('Set date', [['CX', 'century and year (BCD)'], ['DX', 'month and day (BCD)']]),
      0x06: call('Set alarm', [['CX', 'hour and minute (BCD)'], ['DH', 'second (BCD)']]),
      0x07: call('Clear alarm'),
      0xb1: call('PCI BIOS', [['AL', 'function']], [STATUS]),
    },
    ax: {
      0xb101: call('PCI: is it there?', [], [STATUS, ['BX', 'version'], ['CL', 'last bus'], ['EDX', '"PCI "']]),
      0xb102: call('PCI: find device', [['CX', 'device'], ['DX', 'vendor'], ['SI', 'index']], [STATUS, PCI_PLACE]),
      0xb103: call('PCI: find class', [['ECX', 'class'], ['SI', 'index']], [STATUS, PCI_PLACE]),
      0xb108: call('PCI: read byte', PCI_REGISTER, [STATUS, ['CL', 'value']]),
      0xb109: call('PCI: read word', PCI_REGISTER, [STATUS, ['CX', 'value']]),
      0xb10a: call('PCI: read doubleword', PCI_REGISTER, [STATUS, ['ECX', 'value']]),
      0xb10b: call('PCI: write byte', [...PCI_REGISTER, ['CL', 'value']], [STATUS]),
      0xb10c: call('PCI: write word', [...PCI_REGISTER, ['CX', 'value']], [STATUS]),
      0xb10e: call('PCI: get interrupt routes', [['ES:DI', 'buffer']], [STATUS, ['BX', 'IRQs of PCI alone']]),
      0xb10d: call('PCI: write doubleword', [...PCI_REGISTER, ['ECX', 'value']], [STATUS]),
    },
  },
}
