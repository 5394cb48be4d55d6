//! Ports: a second, small address space for devices, reached by instructions of its own.
#![allow(dead_code)] // each step uses some of it

use core::arch::asm;

/// # Safety
/// What a write does is the device's affair: it may change memory or stop the machine.
pub unsafe fn write(port: u16, value: u8) {
    unsafe { asm!("out dx, al", in("dx") port, in("al") value, options(nostack, preserves_flags)) }
}

/// # Safety
/// With some devices, even a read has effects.
pub unsafe fn read(port: u16) -> u8 {
    let value: u8;
    unsafe { asm!("in al, dx", in("dx") port, out("al") value, options(nostack, preserves_flags)) }
    value
}
