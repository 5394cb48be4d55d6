//! Hardware interrupts: devices that call the kernel, instead of a kernel that keeps asking them.
//!
//! Between two events the processor rests in HLT. The timer wakes it a hundred times a second, the keyboard with each key.
#![no_std]
#![no_main]
#![feature(abi_x86_interrupt)]

mod gdt;
mod idt;
mod keyboard;
mod lock;
mod pic;
mod ports;
mod timer;
mod vga;

use core::arch::asm;
use core::panic::PanicInfo;
use idt::Frame;
use vga::{Colour, SCREEN};

extern "x86-interrupt" fn on_double_fault(frame: Frame, _code: u64) -> ! {
    panic!("double fault: {frame:#x?}")
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    loop {
        unsafe { asm!("cli", "hlt") }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    SCREEN.lock().clear();
    gdt::init();
    idt::set_diverging_handler(idt::DOUBLE_FAULT, on_double_fault, gdt::DOUBLE_FAULT_STACK);
    idt::load();
    pic::init();
    timer::init();
    keyboard::init();

    // From here on, a handler can run between any two instructions.
    unsafe { asm!("sti") };

    let half_a_second = u64::from(timer::TICKS_PER_SECOND / 2);
    let start = timer::ticks();
    while timer::ticks() - start < half_a_second {
        unsafe { asm!("hlt") }
    }
    println!("Half a second has gone by: {half_a_second} ticks of the timer.");
    print!("Now type, please. ");

    SCREEN.lock().colour(Colour::LightGreen, Colour::Black);
    loop {
        let character = keyboard::read();
        if character == '\n' || !character.is_control() {
            print!("{character}");
        }
    }
}
