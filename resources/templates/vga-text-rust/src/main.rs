//! A screen to print on.
//!
//! `vga.rs` knows where the cells are, when to go to the next row, and how to scroll. By implementing one trait of the core
//! library it gets all of Rust's formatting, and `println!` is two small macros.
#![no_std]
#![no_main]

mod lock;
mod ports;
mod vga;

use core::panic::PanicInfo;
use vga::{Colour, SCREEN};

/// Now a panic can say what happened, and where.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    rest()
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    SCREEN.lock().clear();
    for line in 1..=30 {
        println!("Line {line} of 30: the screen has {} rows, so the first ones scroll away.", vga::ROWS);
    }

    SCREEN.lock().colour(Colour::LightCyan, Colour::Black);
    println!("\nHello {}!", "World");
    SCREEN.lock().colour(Colour::LightGrey, Colour::Black);
    println!("Numbers: {}, {:#x}, {:?}, {}.", -42, 0xb8000, Some(42), 1u64 << 40);

    // Take the comment marks away to see a panic:
    // let missing: Option<u8> = None;
    // missing.unwrap();

    rest()
}

/// HLT waits for an interrupt. None is switched on, so this is the end, and the processor rests instead of running in circles.
fn rest() -> ! {
    loop {
        unsafe { core::arch::asm!("hlt", options(nomem, nostack)) }
    }
}
