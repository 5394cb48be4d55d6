//! Tests that run inside the kernel. A test fails by panicking, as everywhere in Rust.

use crate::vga::SCREEN;
use crate::{ports, print, println, serial_print, serial_println};

/// isa-debug-exit is a device that emulators have for this purpose: whoever writes v to its port ends the emulator, with the exit
/// code (v << 1) | 1. The values are ours to choose, as long as the codes differ from those of other failures.
const DEBUG_EXIT: u16 = 0xf4;

#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Outcome {
    Success = 0x10,
    Failure = 0x11,
}

pub fn exit(outcome: Outcome) -> ! {
    unsafe { ports::write(DEBUG_EXIT, outcome as u8) };
    // A real PC has no such device and goes on.
    loop {
        unsafe { core::arch::asm!("hlt", options(nomem, nostack)) }
    }
}

const TESTS: &[(&str, fn())] = &[
    ("addition works", addition_works),
    ("printed text is on the screen", printed_text_is_on_the_screen),
    ("many lines only scroll", many_lines_only_scroll),
];

fn addition_works() {
    assert_eq!(1 + 1, 2);
}

fn printed_text_is_on_the_screen() {
    let text = "Is this on the screen?";
    SCREEN.lock().clear();
    print!("{text}");
    for (column, byte) in text.bytes().enumerate() {
        assert_eq!(SCREEN.lock().character_at(0, column), byte, "column {column}");
    }
}

fn many_lines_only_scroll() {
    for line in 0..50 {
        println!("{line}");
    }
}

/// Runs all tests, reports on COM1, and leaves the machine. A test that panics ends the run, as there is no way to unwind.
pub fn run() -> ! {
    serial_println!("Running {} tests", TESTS.len());
    for (name, test) in TESTS {
        // The name comes first: when a test hangs or crashes the kernel, it is the last line that there is.
        serial_print!("{name} ... ");
        test();
        serial_println!("[ok]");
    }
    serial_println!("{0} of {0} tests passed", TESTS.len());
    exit(Outcome::Success)
}
