//! An 8254 timer (Intel's data sheet 231164): it counts down at 1.193182 MHz, and channel 0 interrupts at zero.

use crate::idt::{self, Frame};
use crate::{pic, ports};
use core::sync::atomic::{AtomicU64, Ordering};

pub const TICKS_PER_SECOND: u32 = 100;

const CHANNEL_0: u16 = 0x40;
const COMMAND: u16 = 0x43;
const RATE_GENERATOR: u8 = 0x34;
const CLOCK: u32 = 1_193_182;

static TICKS: AtomicU64 = AtomicU64::new(0);

extern "x86-interrupt" fn on_timer(_frame: Frame) {
    TICKS.fetch_add(1, Ordering::Relaxed);
    pic::done(pic::TIMER);
}

pub fn init() {
    let [low, high, ..] = (CLOCK / TICKS_PER_SECOND).to_le_bytes();
    unsafe {
        ports::write(COMMAND, RATE_GENERATOR);
        ports::write(CHANNEL_0, low);
        ports::write(CHANNEL_0, high);
    }
    idt::set_handler(pic::TIMER.into(), on_timer);
    pic::enable(pic::TIMER);
}

/// Ticks since `init`.
pub fn ticks() -> u64 {
    TICKS.load(Ordering::Relaxed)
}
