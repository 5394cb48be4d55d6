//! Segments, and the stacks that exceptions can switch to.
//!
//! In long mode, segments have neither base nor limit any more; what is left is the privilege level and "this is 64-bit code". One
//! descriptor still matters: the one of the task state segment, because there the processor looks up which stack to use for an
//! exception (Intel SDM volume 3, sections 3.5.2 and 8.7).

use core::arch::asm;
use core::cell::UnsafeCell;
use core::mem::size_of;

/// Selectors: byte offsets into the table.
pub const KERNEL_CODE: u16 = 0x08;
const KERNEL_DATA: u16 = 0x10;
const TASK_STATE: u16 = 0x18;

/// Which entry of the interrupt stack table the double fault uses; 0 would mean "stay on the present stack".
pub const DOUBLE_FAULT_STACK: u8 = 1;

#[repr(C, packed)]
struct TaskState {
    reserved0: u32,
    /// Stacks for privilege levels 0 to 2.
    rsp: [u64; 3],
    reserved1: u64,
    /// The interrupt stack table; the manual counts from 1.
    ist: [u64; 7],
    reserved2: u64,
    reserved3: u16,
    /// Where the map of allowed ports starts; beyond the end: there is none.
    io_map: u16,
}

/// Memory that is set up once, in `init`, and then belongs to the processor, which reads it whenever it likes.
#[repr(C, align(16))]
struct Hardware<T>(UnsafeCell<T>);

// Only `init` writes, and nothing else runs by then.
unsafe impl<T> Sync for Hardware<T> {}

impl<T> Hardware<T> {
    const fn new(value: T) -> Self {
        Hardware(UnsafeCell::new(value))
    }

    fn address(&self) -> u64 {
        self.0.get() as u64
    }
}

static TASK: Hardware<TaskState> = Hardware::new(TaskState {
    reserved0: 0,
    rsp: [0; 3],
    reserved1: 0,
    ist: [0; 7],
    reserved2: 0,
    reserved3: 0,
    io_map: size_of::<TaskState>() as u16,
});

const STACK_SIZE: usize = 16 * 1024;

/// The stack for double faults. Nothing else ever uses it, so it is good whatever happened to the others.
static STACK: Hardware<[u8; STACK_SIZE]> = Hardware::new([0; STACK_SIZE]);

static TABLE: Hardware<[u64; 5]> = Hardware::new([
    0,                    // selector 0 must stay unused
    0x0020_9a00_0000_0000, // code: present, level 0, 64-bit
    0x0000_9200_0000_0000, // data: present, level 0, writable
    0, 0,                 // the task state segment takes two places, as its base has 64 bits
]);

/// The operand of LGDT and LIDT.
#[repr(C, packed)]
pub struct TableRegister {
    /// Size in bytes, less one.
    pub limit: u16,
    pub base: u64,
}

pub fn init() {
    let base = TASK.address();
    let limit = size_of::<TaskState>() as u64 - 1;
    unsafe {
        // Stacks grow down: the processor gets the address behind the end.
        (*TASK.0.get()).ist[DOUBLE_FAULT_STACK as usize - 1] = STACK.address() + STACK_SIZE as u64;
        let table = &mut *TABLE.0.get();
        // The base is scattered over the descriptor, as the 286 and the 386 each added a piece; 0x89 is "present, available TSS".
        table[3] = limit | (base & 0xff_ffff) << 16 | 0x89 << 40 | (base >> 24 & 0xff) << 56;
        table[4] = base >> 32;

        let register = TableRegister { limit: size_of::<[u64; 5]>() as u16 - 1, base: TABLE.address() };
        asm!(
            "lgdt [{register}]",
            // Only a far jump, call or return loads CS: push where to go on, then "return" there.
            "push {code}",
            "lea {scratch}, [rip + 2f]",
            "push {scratch}",
            "retfq",
            "2:",
            "mov ds, {data:x}",
            "mov es, {data:x}",
            "mov ss, {data:x}",
            "ltr {task:x}",
            register = in(reg) &register,
            code = const KERNEL_CODE,
            data = in(reg) KERNEL_DATA,
            task = in(reg) TASK_STATE,
            scratch = out(reg) _,
        );
    }
}
