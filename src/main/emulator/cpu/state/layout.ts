/**
 * Where everything of one emulated computer lies in its single `WebAssembly.Memory`. Nothing else in the emulator
 * knows an offset; backends and helpers take them from here.
 *
 *   0x000000  CPU state        registers, segments, lazy flags, counters, scratch for slow accesses
 *   0x001000  TLBs             read, write, fetch × supervisor, user; where large pages are
 *   0x019400  tails            second pages of instructions that cross a page
 *   0x020000  decode cache     262,144 records of 32 bytes, direct-mapped by physical address
 *   …         places           8 bytes for each record: how hot, and which translated region
 *   …         code lines       one byte per 64 bytes of host memory: does decoded code lie there?
 *   …         processors       only where there are several: the state that each has while another one runs, and its TLBs
 *   RAM_BASE  guest RAM        physical address 0 upwards
 *   …         video memory     behind the RAM, where there is any
 *   …         ROM              behind that, where there is any
 *
 * All fields are little-endian and naturally aligned.
 */

const PAGE = 0x1000

/** General registers RAX…R15 (x86 numbering), 16 × i64. A 32-bit write zero-extends in every mode. */
export const GPR = 0x000
/** A slot that is always zero: base or index of an address that has none. */
export const ZERO = 0x080
/** RIP of the instruction being executed; advanced when it commits. i64. */
export const RIP = 0x088
/** Record offsets (bytes from `GPR`) of the two pseudo-registers above. */
export const ZERO_SLOT = ZERO - GPR
export const RIP_SLOT = RIP - GPR

/**
 * Lazy arithmetic flags. `FLAGS_RESULT` (i64) is the last result, sign-extended to 64 bits; `FLAGS_AUX` (i32):
 *   bit 7  carry (or borrow) out of the top bit            CF = bit 7
 *   bit 6  carry (or borrow) out of the bit below the top  OF = bit 7 ^ bit 6
 *   bit 3  carry (or borrow) out of bit 3                  AF = bit 3
 *   bit 8  sign delta                                      SF = (result < 0) ^ bit 8
 *   bit 9  parity delta                                    PF = even parity of result's low byte ^ bit 9
 * and ZF = (result == 0). Any combination of the six flags can be represented (POPF, SAHF). The idea, a result plus the vector of
 * carries: D. Mihocka, S. Shwartsman, "Virtualization Without Direct Execution or Jitting", AMAS-BT 2008, section 4.
 */
export const FLAGS_RESULT = 0x090
export const FLAGS_AUX = 0x098
export const AUX_CARRY = 1 << 7
export const AUX_CARRY_BELOW_TOP = 1 << 6
export const AUX_ADJUST = 1 << 3
export const AUX_SIGN_DELTA = 1 << 8
export const AUX_PARITY_DELTA = 1 << 9

/** All other bits of EFLAGS (i32): the six arithmetic flags are zero here, bit 1 is one. */
export const EFLAGS = 0x09c

/** Instructions left in the running slice (i32), counted down before each instruction executes. */
export const REMAINING = 0x0a0
/** Value of `REMAINING` at which interrupts are inhibited (after STI, MOV SS, POP SS); -1: none. i32. */
export const SHADOW_AT = 0x0a4
/** Stack-pointer mask by SS.B and mode: 0xffff, 0xffffffff or all ones. i64. */
export const STACK_MASK = 0x0a8
/** Mask of RIP as it moves on: all ones in 64-bit mode, else 0xffffffff (IP 0xffff is followed by 0x10000, beyond the limit). i64. */
export const IP_MASK = 0x0b0
/** Address-size masks, 3 × i64: 16, 32, 64 bits; index = `AddressSizeIndex`. */
export const ADDRESS_MASKS = 0x0b8
/** Current privilege level, i32. */
export const CPL = 0x0d0
/** Code mode of CS: 0 = 16-bit, 1 = 32-bit, 2 = 64-bit. i32. Part of the decode cache's tag. */
export const CODE_MODE = 0x0d4
/** Host offset of the TLB set in use (supervisor or user), i32. */
export const TLB_SET = 0x0d8
/** 1 while HLT waits for an interrupt, i32. */
export const HALTED = 0x0dc
/**
 * Fetch window: linear page number (i64, -1: none) and physical page address (i64). Instructions in the window are not checked against CS's limit: there is none while the limit ends inside the page.
 */
export const FETCH_PAGE = 0x0e0
export const FETCH_PHYSICAL = 0x0e8

/**
 * Segment registers as the memory accesses see them, ES CS SS DS FS GS (x86 numbering), 6 × 32 bytes:
 *   +0 base i64   +8 lowest valid offset i64   +16 highest offset for reading i64   +24 highest offset for writing i64
 * An access of n bytes at `offset` is inside when low <= offset and offset + n - 1 <= high, all compared as *signed* i64:
 * where nothing is allowed (unusable segment, write to read-only data or code, read of execute-only code) high is -1. In
 * 64-bit mode base is 0 (but FS, GS), low is the smallest and high the largest i64: canonical form is checked by the MMU.
 * Linear addresses need no mask on the fast path: outside 64-bit mode a sum beyond 32 bits matches no TLB tag, and the
 * MMU's slow path wraps it.
 */
export const SEGMENTS = 0x100
export const SEGMENT_STRIDE = 32
export const SEGMENT_BASE = 0
export const SEGMENT_LOW = 8
export const SEGMENT_READ_HIGH = 16
export const SEGMENT_WRITE_HIGH = 24

/**
 * Segment registers as loaded (the hidden part), ES CS SS DS FS GS, LDTR, TR: 8 × 24 bytes:
 *   +0 base i64   +8 limit u32 (byte granular)   +12 attributes u32 (bits of the descriptor's second dword, 8–23)   +16 selector u32
 */
export const DESCRIPTORS = 0x200
export const DESCRIPTOR_STRIDE = 24
export const DESCRIPTOR_BASE = 0
export const DESCRIPTOR_LIMIT = 8
export const DESCRIPTOR_ATTRIBUTES = 12
export const DESCRIPTOR_SELECTOR = 16

/** Control registers CR0–CR4, CR8: i64 each at index × 8. */
export const CONTROL = 0x300
/** Debug registers DR0–DR7, i64 each. */
export const DEBUG = 0x350
/** GDTR, IDTR: base i64, limit u32. */
export const GDTR = 0x390
export const IDTR = 0x3a0
/** Extended feature register, i64. */
export const EFER = 0x3b0
/** The four PDPTEs of PAE paging as loaded with CR3, i64 each. */
export const PDPTES = 0x3c0
/** 1 when the interrupt shadow that began last in the slice comes from STI. i32. */
export const SHADOW_BY_STI = 0x3e0

/**
 * x87 registers R0–R7 (physical: not by stack position), 8 × 16 bytes: +0 significand i64, +8 sign and exponent u16. MMn is the
 * significand of Rn.
 */
export const X87 = 0x400
export const X87_STRIDE = 16
export const X87_EXPONENT = 8
/** YMM0–YMM15, 16 × 32 bytes, of which the low 16 are XMMn. */
export const XMM = 0x480
export const XMM_STRIDE = 32
/** The upper half, from the register's start. */
export const YMM_UPPER = 16
/**
 * Control and status of x87 and SSE, i32 each: FCW; FSW with TOP in its bits 11–13; FTW abridged as FXSAVE has it (bit n: Rn is not
 * empty); FOP; MXCSR. Offsets of the last instruction and operand: FIP, FDP, i64.
 */
export const FCW = 0x680
export const FSW = 0x684
export const FTW = 0x688
export const FOP = 0x68c
export const FIP = 0x690
export const FDP = 0x698
export const MXCSR = 0x6a0
/** Selectors of the last x87 instruction (low half) and operand (high half): FCS, FDS. u32. */
export const FPU_SELECTORS = 0x6a4
/** Extended control register 0, i64: the states that the system saves (bit 0 x87, 1 SSE, 2 AVX, 9 PKRU). */
export const XCR0 = 0x6a8
/** What the CPU model remembers of every x87 instruction, i32: bits of `X87_REMEMBERS`; of one with an unmasked exception always opcode and operand. */
export const X87_RULES = 0x6b0
export const X87_REMEMBERS = { opcode: 1, operand: 2, selectors: 4 } as const
/** 1 while another processor could go on: PAUSE lets it. i32. */
export const OTHERS_READY = 0x6b4
/**
 * What all accesses through each segment register have in common, i32, so that translated code can leave checks out: bit n: any offset of segment n
 * (base 0, no limit) can be read; bit n + 8: and written; bit 16: the stack pointer has 32 bits (`STACK_MASK`); bit 17: what may be accessed was taken
 * from descriptors' attributes.
 */
export const SEGMENT_SHAPE = 0x6b8
export const SHAPE_WRITE_SHIFT = 8
export const SHAPE_BIG_STACK = 1 << 16
export const SHAPE_DESCRIPTORS = 1 << 17
/** Rights of protection keys, u32 each: two bits for each of 16 keys, no access and no writes. PKRU for user pages, IA32_PKRS for supervisor pages. */
export const PKRU = 0x6bc
export const PKRS = 0x6c0
/** Bytes from 0 on that are one processor's own between two instructions: all fields above. */
export const STATE_BYTES = 0x6c8

/**
 * Scratch of slow accesses: an address inside means "a device, or an access that crosses a page": the value is read from
 * or written to here, and `afterStore` carries it to where it belongs. Whole 64-byte lines, whose code-line bytes are never zero.
 */
export const SCRATCH = 0x800
export const SCRATCH_SLOTS = 8
export const SCRATCH_SLOT_BYTES = 32
/** The translator is told of a place each time that these bits of its count of jumps become zero (i32): a power of two less one. */
export const HOT_MASK = 0x6c8
/**
 * What compiled code may do by itself instead of a helper (i32, bits of `QUICK_RULES`), as the processor finds out at the start of each slice: where bits are zero, helpers
 * are called.
 */
export const QUICK = 0x6cc
export const QUICK_RULES = {
  /** Page walks: nobody watches data, the A20 gate is open, and `PLAIN` says where memory is. */
  walk: 1,
  /** IRET and checks of privilege: no NMI is blocked, and no debug register armed. */
  return: 2,
  /** INT n: nobody wants to hear of it either. */
  interrupt: 4,
  /** Page faults of data accesses: the same of those. */
  fault: 8,
} as const
/** Plain memory at physical addresses: host address of address 0; number of pages from 0 on, and of the last page of 1 MiB and above plus one. i32 each. */
export const PLAIN = { base: 0x6d0, lowPages: 0x6d4, pages: 0x6d8 } as const
/** A page fault that an access of compiled code has found (i32: 1; 0: none), its error code (i32) and linear address (i64). The main loop delivers it. */
export const FAULT = { found: 0x6dc, errorCode: 0x6e0, address: 0x6e8 } as const
/** The record of an instruction that is executed once. */
export const UNCACHED_RECORD = 0x900

/**
 * TLBs, direct-mapped by the low 10 bits of the linear page number. Entry, 16 bytes: +0 tag i64 (linear page number;
 * -1: empty), +8 host address of the frame i32. Only plain RAM has entries; devices and ROM writes go the slow way.
 */
export const TLB_ENTRIES = 1024
export const TLB_ENTRY = 16
export const TLB_BYTES = TLB_ENTRIES * TLB_ENTRY
/** Offsets of the three TLBs inside a set. */
export const TLB_READ = 0
export const TLB_WRITE = TLB_BYTES
export const TLB_FETCH = 2 * TLB_BYTES
/** Behind them: regions of 4 MiB of linear addresses in which large pages are known to be (i64 each, linear address >> 22; -1: none), direct-mapped by the number. */
export const TLB_LARGE = 3 * TLB_BYTES
export const LARGE_ENTRIES = 64
/** log2 of the size of those regions: pages of 2 and 4 MiB lie in one. */
export const LARGE_SHIFT = 22
export const TLB_SET_BYTES = TLB_LARGE + LARGE_ENTRIES * 8
export const TLB_SUPERVISOR = 0x1000
export const TLB_USER = TLB_SUPERVISOR + TLB_SET_BYTES
/** The area of one of several processors: laid out like the memory from 0 on, up to the end of the TLBs. Whole pages, as RAM follows. */
export const PROCESSOR_AREA_BYTES = alignUp(TLB_USER + TLB_SET_BYTES, PAGE)

/**
 * Where the second part of instructions that cross a page lies: number of its physical page (u32), for each record that such an instruction may have. They
 * start in the last bytes of a page.
 */
export const TAILS = PROCESSOR_AREA_BYTES
/** How many of them there are for each page of records. */
export const TAILS_PER_PAGE = 16

/**
 * Decode cache: record index = the low bits of the physical address; a kernel such as Linux has some hundred KiB of code at work. Record:
 *   +0 tag i64: physical address | code mode << 56 (-1: empty)      +8 handler u16    +10 length u8    +11 vvvv u8: register of VEX.vvvv, byte offset from `GPR`
 *   +12 reg u8, +13 rm u8, +14 base u8, +15 index u8: byte offsets from `GPR` (AH…BH: index × 8 + 1; ZERO_SLOT, RIP_SLOT)
 *   +16 displacement i32 (or the second immediate)   +20 scale u8 (shift 0–3)   +21 segment u8 (index × `SEGMENT_STRIDE`)
 *   +22 address size u8 (offset of its mask in `ADDRESS_MASKS`: 0, 8, 16)   +23 operand-size index u8 (0: 8, 1: 16, 2: 32, 3: 64)
 *   +24 immediate i64 (sign- or zero-extended as the form says)
 */
export const RECORDS = 0x20000
export const RECORD_COUNT = 0x40000
export const RECORD_BYTES = 32
export const RECORD = {
  tag: 0,
  handler: 8,
  length: 10,
  vvvv: 11,
  reg: 12,
  rm: 13,
  base: 14,
  index: 15,
  displacement: 16,
  scale: 20,
  segment: 21,
  addressSize: 22,
  operandSize: 23,
  immediate: 24,
} as const
/** Shift of the code mode inside a record's tag. */
export const TAG_MODE_SHIFT = 56
/** In a tag: compiled code shall not find the record by itself, though it may execute it when told. */
export const TAG_ASKED = 1n << 61n

/**
 * What the translating backend knows of the place of each record (record address ÷ 4, counted from here), 8 bytes: +0 how often it was jumped to, u16; +2 the region whose code starts or
 * goes on there (index in the table of regions; 0: none), u16; +4 which of its entries that is, u16; +6 the handler that the record had before, u16. For an
 * instruction that crosses a page, on every backend that has records: +4 its index in `TAILS`, u16; +6 its handler, u16.
 */
export const PLACES = RECORDS + RECORD_COUNT * RECORD_BYTES
export const PLACE_DIVISOR = 4
export const PLACE_BYTES = RECORD_BYTES / PLACE_DIVISOR
export const PLACE = { count: 0, region: 2, entry: 4, handler: 6 } as const

/**
 * Code lines: byte (host address >> 6) is non-zero when decoded code lies in that line (bit 0) or in the next one (bit 1: a
 * store that starts here may run into it). Every store looks at one byte; `afterStore` decides precisely.
 */
export const LINE_SHIFT = 6
export const CODE_LINES = PLACES + (RECORDS + RECORD_COUNT * RECORD_BYTES) / PLACE_DIVISOR
export const LINE_HAS_CODE = 1
export const LINE_BEFORE_CODE = 2

export interface MemoryLayout {
  readonly ramBase: number
  readonly videoBase: number
  readonly romBase: number
  /** Where the area of each processor starts; a processor that is alone has the memory from 0 on. */
  readonly areas: readonly number[]
  /** Size of the whole in pages of 64 KiB. */
  readonly wasmPages: number
}

/**
 * Layout of the memory of a computer with `ramBytes` of RAM, `videoBytes` of video memory and `romBytes` of ROM (whole pages of 4 KiB), and so many
 * processors: where everything starts, and how much is needed.
 */
export function memoryLayout(ramBytes: number, videoBytes = 0, romBytes = 0, processors = 1): MemoryLayout {
  const areaBytes = processors === 1 ? 0 : processors * PROCESSOR_AREA_BYTES
  // The code-line table covers RAM and all that lies before it; it is sized for the end, which depends on itself.
  let ramBase = CODE_LINES
  for (;;) {
    const videoBase = ramBase + ramBytes
    const romBase = videoBase + videoBytes
    const end = romBase + romBytes
    const linesEnd = alignUp(CODE_LINES + (end >>> LINE_SHIFT) + 1, PAGE)
    const needed = linesEnd + areaBytes
    const areas = areaBytes === 0 ? [0] : Array.from({ length: processors }, (_, index) => ramBase - areaBytes + index * PROCESSOR_AREA_BYTES)
    if (needed <= ramBase) return { ramBase, videoBase, romBase, areas, wasmPages: Math.ceil(end / 65536) }
    ramBase = needed
  }
}

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment
}
