//! Exceptions: what the processor does when it cannot go on.
//!
//! It looks the exception's number up in a table (IDT) and calls what it finds there. If that call fails as well, it raises another
//! exception, the double fault; if even that one cannot be delivered, it gives up and resets: the triple fault. Take out
//! `idt::load()` below to see one, with a report of how it came about.
#![no_std]
#![no_main]
#![feature(abi_x86_interrupt)]

mod gdt;
mod idt;
mod lock;
mod ports;
mod vga;

use core::arch::asm;
use core::panic::PanicInfo;
use idt::Frame;
use vga::{Colour, SCREEN};

extern "x86-interrupt" fn on_breakpoint(frame: Frame) {
    SCREEN.lock().colour(Colour::Yellow, Colour::Black);
    println!("  Breakpoint: the next instruction is at {:#x}.", frame.rip);
    SCREEN.lock().colour(Colour::LightGrey, Colour::Black);
}

extern "x86-interrupt" fn on_double_fault(frame: Frame, _code: u64) -> ! {
    SCREEN.lock().colour(Colour::LightRed, Colour::Black);
    println!("  Double fault with rsp = {:#x},", frame.rsp);
    SCREEN.lock().colour(Colour::LightGreen, Colour::Black);
    println!("  handled on a stack of its own at {:p}.", &frame);
    // The processor does not say where the code was interrupted exactly, so there is no way back from here.
    rest()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    rest()
}

/// A stack that runs over. It has a page that is not mapped below it, as good stacks do, so that the first push too many is
/// noticed. Here it is only the top of such a stack: the address is not mapped at all.
fn run_out_of_stack() -> ! {
    unsafe { asm!("mov rsp, {}", "push 0", "ud2", in(reg) 0x1000_0000_0000u64, options(noreturn)) }
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    SCREEN.lock().clear();
    gdt::init();
    idt::set_handler(idt::BREAKPOINT, on_breakpoint);
    idt::set_diverging_handler(idt::DOUBLE_FAULT, on_double_fault, gdt::DOUBLE_FAULT_STACK);
    idt::load();

    println!("INT3 calls the breakpoint handler:");
    unsafe { asm!("int3") };
    println!("and here the kernel goes on, as if nothing had happened.\n");

    // The push raises a page fault. To call its handler, the processor pushes onto the same broken stack, and that fails too: a
    // double fault. Its gate names an entry of the interrupt stack table, so the processor changes to that stack first.
    println!("Next, the stack runs over:");
    run_out_of_stack()
}

fn rest() -> ! {
    loop {
        unsafe { asm!("hlt", options(nomem, nostack)) }
    }
}
