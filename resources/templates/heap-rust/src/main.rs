//! A heap: until here, everything had its place when the kernel was linked. From here on, the kernel can make things whose number and
//! size it learns only while it runs, with all that Rust's alloc library offers.
#![no_std]
#![no_main]
#![feature(abi_x86_interrupt)]

extern crate alloc;

mod frames;
mod gdt;
mod heap;
mod idt;
mod lock;
mod paging;
mod ports;
mod vga;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::arch::asm;
use core::panic::PanicInfo;
use frames::{BOOT_MAGIC, BootInfo, Frames};
use idt::Frame;
use vga::SCREEN;

extern "x86-interrupt" fn on_double_fault(frame: Frame, _code: u64) -> ! {
    panic!("double fault: {frame:#x?}")
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    rest()
}

fn show_heap(when: &str) {
    let (pieces, bytes) = heap::state();
    println!("{when}: {pieces} free piece{}, {bytes} bytes", if pieces == 1 { "" } else { "s" });
}

fn use_the_heap() {
    let boxed = Box::new(41);
    println!("\nA boxed value at {boxed:p}: {}", *boxed + 1);

    let numbers: Vec<u32> = (1..=100).collect();
    println!("A vector of {} numbers; their sum is {}.", numbers.len(), numbers.iter().sum::<u32>());

    let shared = Rc::new(format!("text made at run time: {:?}", &numbers[..3]));
    let again = Rc::clone(&shared);
    println!("Shared {} times: {again}", Rc::strong_count(&shared));

    let squares: BTreeMap<_, _> = (1..=5).map(|number| (number, number * number)).collect();
    println!("A map: {squares:?}");
    show_heap("With all of it");
}

#[unsafe(no_mangle)]
pub extern "C" fn _start(magic: u64, info: &BootInfo) -> ! {
    SCREEN.lock().clear();
    gdt::init();
    idt::set_diverging_handler(idt::DOUBLE_FAULT, on_double_fault, gdt::DOUBLE_FAULT_STACK);
    idt::load();
    assert_eq!(magic, BOOT_MAGIC, "the loader is one of another kind");
    let mut frames = unsafe { Frames::behind_the_kernel(info) };
    heap::init(&mut frames).expect("memory for the heap");
    show_heap("A new heap");
    let at_first = heap::state();

    use_the_heap();

    // Everything was dropped at the end of that function, and gave its memory back.
    show_heap("\nAfter it");
    println!("{}", if heap::state() == at_first { "The heap is whole again." } else { "Something was lost!" });
    rest()
}

fn rest() -> ! {
    loop {
        unsafe { asm!("hlt", options(nomem, nostack)) }
    }
}
