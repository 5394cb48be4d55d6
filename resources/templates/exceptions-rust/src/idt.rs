//! The interrupt descriptor table: who is called for which exception or interrupt.
#![allow(dead_code)] // each step uses some of it

use crate::gdt::{KERNEL_CODE, TableRegister};
use crate::lock::Lock;
use core::arch::asm;
use core::mem::size_of;

/// What the processor pushes before it calls a handler.
#[derive(Debug)]
#[repr(C)]
pub struct Frame {
    pub rip: u64,
    pub cs: u64,
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u64,
}

/// "x86-interrupt" is a calling convention of its own: such a function saves every register that it uses and ends with IRETQ, as it
/// is called between two instructions that know nothing of it.
pub type Handler = extern "x86-interrupt" fn(Frame);
/// For exceptions that push an error code.
pub type HandlerWithCode = extern "x86-interrupt" fn(Frame, u64);
/// For those that cannot be returned from.
pub type DivergingHandlerWithCode = extern "x86-interrupt" fn(Frame, u64) -> !;

pub const BREAKPOINT: usize = 3;
pub const DOUBLE_FAULT: usize = 8;
pub const PAGE_FAULT: usize = 14;

const PRESENT_INTERRUPT_GATE: u8 = 0x8e;
const VECTORS: usize = 48;

/// A gate (Intel SDM volume 3, figure 7-8).
#[derive(Clone, Copy)]
#[repr(C)]
struct Gate {
    offset_low: u16,
    selector: u16,
    stack: u8,
    kind: u8,
    offset_middle: u16,
    offset_high: u32,
    reserved: u32,
}

#[repr(C, align(16))]
struct Table([Gate; VECTORS]);

/// A gate that is not present: the processor raises another exception instead of calling it.
const NOBODY: Gate = Gate { offset_low: 0, selector: 0, stack: 0, kind: 0, offset_middle: 0, offset_high: 0, reserved: 0 };

static TABLE: Lock<Table> = Lock::new(Table([NOBODY; VECTORS]));

/// Has `address` called for a vector; `stack` is an entry of the interrupt stack table, or 0.
fn set(vector: usize, address: u64, stack: u8) {
    TABLE.lock().0[vector] = Gate {
        offset_low: address as u16,
        selector: KERNEL_CODE,
        stack,
        kind: PRESENT_INTERRUPT_GATE,
        offset_middle: (address >> 16) as u16,
        offset_high: (address >> 32) as u32,
        reserved: 0,
    };
}

pub fn set_handler(vector: usize, handler: Handler) {
    set(vector, handler as *const () as u64, 0);
}

pub fn set_handler_with_code(vector: usize, handler: HandlerWithCode) {
    set(vector, handler as *const () as u64, 0);
}

pub fn set_diverging_handler(vector: usize, handler: DivergingHandlerWithCode, stack: u8) {
    set(vector, handler as *const () as u64, stack);
}

/// Tells the processor where the table is. Handlers can be set before and after.
pub fn load() {
    let register = TableRegister { limit: size_of::<Table>() as u16 - 1, base: &raw const TABLE.lock().0 as u64 };
    unsafe { asm!("lidt [{}]", in(reg) &register, options(readonly, nostack)) }
}
