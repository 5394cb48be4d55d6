//! A kernel that tests itself.
//!
//! It reports over the serial port, because a program can read that, and ends through isa-debug-exit, because a program can read an
//! exit code. In a terminal,
//!
//! ```text
//! bootlab boot . --headless --serial stdio; echo $?
//! ```
//!
//! prints the report and 33, which is (0x10 << 1) | 1: success. Break a test, and it is 35.
#![no_std]
#![no_main]

mod lock;
mod ports;
mod serial;
mod tests;
mod vga;

use core::panic::PanicInfo;

/// A panic in a test: it has failed, and this says where.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    serial_println!("[failed]\n{info}");
    tests::exit(tests::Outcome::Failure)
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    vga::SCREEN.lock().clear();
    serial::SERIAL.lock().init();
    tests::run()
}
