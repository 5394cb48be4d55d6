//! Paging: addresses that mean what the kernel wants them to mean.
//!
//! The loader has switched paging on (long mode demands it), with the first 4 GiB mapped to themselves. This kernel looks at those
//! tables, adds a page of its own, and finds out what happens at an address that has none.
#![no_std]
#![no_main]
#![feature(abi_x86_interrupt)]

mod frames;
mod gdt;
mod idt;
mod lock;
mod paging;
mod ports;
mod vga;

use core::arch::asm;
use core::panic::PanicInfo;
use frames::{BOOT_MAGIC, BootInfo, Frames, PAGE_SIZE};
use idt::Frame;
use lock::Lock;
use vga::{Colour, SCREEN};

static FRAMES: Lock<Frames> = Lock::new(Frames::none());

/// A page fault can be mended: map something there, and the instruction is done again when the handler returns.
extern "x86-interrupt" fn on_page_fault(_frame: Frame, code: u64) {
    let address: u64;
    unsafe { asm!("mov {}, cr2", out(reg) address) };
    let what = if code & 2 != 0 { "writing" } else { "reading" };
    let why = if code & 1 != 0 { "which is protected" } else { "where nothing is mapped" };
    SCREEN.lock().colour(Colour::LightRed, Colour::Black);
    println!("Page fault: {what} {address:#x}, {why}.");
    SCREEN.lock().colour(Colour::LightGrey, Colour::Black);

    let mut frames = FRAMES.lock();
    let frame = frames.allocate().expect("memory for the page");
    unsafe { paging::map(address & !(PAGE_SIZE - 1), frame, paging::WRITABLE, &mut frames) }.expect("a page for the address");
}

extern "x86-interrupt" fn on_double_fault(frame: Frame, _code: u64) -> ! {
    panic!("double fault: {frame:#x?}")
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    rest()
}

fn show_walk(address: u64) {
    println!("{address:#x}");
    for step in paging::walk(address) {
        let note = if !step.entry.is_present() {
            " (not present)"
        } else if step.entry.is_large(step.level) {
            " (large page)"
        } else {
            ""
        };
        println!("    level {}, entry {:3}: {:#x}{note}", step.level, step.index, step.entry.0);
    }
    match paging::translate(address) {
        Some(physical) => println!("    is at physical address {physical:#x}"),
        None => println!("    is not mapped"),
    }
}

/// The arguments are what the loader hands over.
#[unsafe(no_mangle)]
pub extern "C" fn _start(magic: u64, info: &BootInfo) -> ! {
    SCREEN.lock().clear();
    gdt::init();
    idt::set_handler_with_code(idt::PAGE_FAULT, on_page_fault);
    idt::set_diverging_handler(idt::DOUBLE_FAULT, on_double_fault, gdt::DOUBLE_FAULT_STACK);
    idt::load();
    assert_eq!(magic, BOOT_MAGIC, "the loader is one of another kind");
    *FRAMES.lock() = unsafe { Frames::behind_the_kernel(info) };
    println!("{} frames of 4 KiB are free behind the kernel.\n", FRAMES.lock().left());

    show_walk(0xb8000);
    show_walk(_start as *const () as u64);

    // The screen, once more, at an address far away from all memory.
    let window = 0x4000_0000_0000;
    show_walk(window);
    unsafe {
        paging::map(window, 0xb8000, paging::WRITABLE, &mut FRAMES.lock()).expect("a page for the screen");
        let last_row = (window as *mut u16).add(80 * 24);
        for (column, byte) in b"written through a page of our own".iter().enumerate() {
            last_row.add(column).write_volatile((Colour::Yellow as u16) << 8 | u16::from(*byte));
        }
    }

    let nowhere = 0x5000_0000_0000 as *mut u64;
    unsafe {
        nowhere.write_volatile(42);
        println!("The write was done again, and {nowhere:p} holds {} now.", nowhere.read_volatile());
    }
    rest()
}

fn rest() -> ! {
    loop {
        unsafe { asm!("hlt", options(nomem, nostack)) }
    }
}
