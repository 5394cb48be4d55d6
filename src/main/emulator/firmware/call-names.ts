/**
 * Names of BIOS services, and the registers that matter to each (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference;
 * VBE 3.0; Enhanced Disk Drive Specification 3.0). For logs: what the services do is in the files of the interrupts.
 */

export type CallRegister = 'AX' | 'BX' | 'CX' | 'DX' | 'SI' | 'DI' | 'BP' | 'EAX' | 'EBX' | 'ECX' | 'EDX' | 'AL' | 'AH' | 'BL' | 'BH' | 'CL' | 'CH' | 'DL' | 'DH' | 'ES:BX' | 'ES:BP' | 'ES:DI' | 'DS:SI'

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
const VBE = ['AX', 'status (4Fh: done)'] as const
const PIXEL = [['BH', 'page'], ['CX', 'column'], ['DX', 'row']] as const

/** By vector: by AX first, then by AH, then `all`. */
export const CALL_NAMES: Readonly<Record<number, { readonly ax?: Readonly<Record<number, CallName>>; readonly ah?: Readonly<Record<number, CallName>>; readonly all?: CallName }>> = {
  0x08: { all: call('Timer tick (IRQ 0)') },
  0x09: { all: call('Keyboard (IRQ 1)') },
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
      0x08: call('Get drive parameters', [DRIVE], [STATUS, ['CX', 'last cylinder and sector'], ['DX', 'last head, drives']]),
      0x15: call('Get drive type', [DRIVE], [STATUS]),
      0x16: call('Disk change', [DRIVE], [STATUS]),
      0x41: call('Are there extensions?', [DRIVE, ['BX', '55AAh']], [['BX', 'AA55h: yes'], ['AH', 'version'], ['CX', 'what is supported']]),
      0x42: call('Extended read', PACKET, [STATUS]),
      0x43: call('Extended write', PACKET, [STATUS]),
      0x44: call('Extended verify', PACKET, [STATUS]),
      0x47: call('Extended seek', PACKET, [STATUS]),
      0x48: call('Get extended drive parameters', [DRIVE, ['DS:SI', 'buffer']], [STATUS]),
      0x4b: call('CD emulation', [['AL', 'function'], DRIVE, ['DS:SI', 'packet']], [STATUS]),
    },
  },
  0x14: {
    ah: {
      0x00: call('Initialise serial port', [['AL', 'parameters'], ['DX', 'port']], [['AX', 'status']]),
      0x01: call('Send character', [['AL', 'character'], ['DX', 'port']], [STATUS]),
      0x02: call('Receive character', [['DX', 'port']], [['AX', 'status and character']]),
      0x03: call('Get serial status', [['DX', 'port']], [['AX', 'status']]),
    },
  },
  0x15: {
    ah: {
      0x24: call('A20 gate', [['AL', '0 shut, 1 open, 2 get, 3 ways']], [STATUS, ['AL', 'state']]),
      0x4f: call('Keyboard intercept', [['AL', 'scan code']]),
      0x86: call('Wait', [['CX', 'microseconds, high'], ['DX', 'microseconds, low']]),
      0x87: call('Move block', [['CX', 'words'], ['DS:SI', 'descriptors']], [STATUS]),
      0x88: call('Get extended memory', [], [['AX', 'KiB above 1 MiB']]),
      0xc0: call('Get configuration', [], [STATUS, ['ES:BX', 'table']]),
      0xc1: call('Get EBDA segment'),
    },
    ax: {
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
      0x10: call('Read extended key', [], [['AX', 'scan code and character']]),
      0x11: call('Is there an extended key?', [], [['AX', 'scan code and character']]),
      0x12: call('Get extended shift state', [], [['AX', 'state']]),
    },
  },
  0x17: { all: call('Printer', [['AX', 'function and character'], ['DX', 'port']], [STATUS]) },
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
      0xb1: call('PCI BIOS', [['AL', 'function']], [STATUS]),
    },
  },
}
