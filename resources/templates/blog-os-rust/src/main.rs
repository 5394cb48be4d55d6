//! A kernel in Rust. Nothing of an operating system is below it, so neither the standard library nor its start-up code
//! can be used: what remains is `core`, which Bootlab has cargo build for the target specification next to this crate.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

static HELLO: &[u8] = b"HELLO";

/// Light cyan letters on black.
const COLOUR: u8 = 0xb;

/// Called when something panics. A kernel has nobody to report to yet, so it stops here.
#[panic_handler]
fn panic(_info: &PanicInfo) -> ! {
    loop {}
}

/// The linker looks for the name `_start`, so the compiler must not change it; the loader calls it as C does.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    let vga_buffer = 0xb8000 as *mut u8;

    for (i, &byte) in HELLO.iter().enumerate() {
        // Each cell of the screen has two bytes: the character, then its colour. A volatile write is one that the
        // compiler must not drop although nothing reads it back.
        unsafe {
            vga_buffer.add(i * 2).write_volatile(byte);
            vga_buffer.add(i * 2 + 1).write_volatile(COLOUR);
        }
    }

    loop {}
}
