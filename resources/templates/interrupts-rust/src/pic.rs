//! Two 8259A interrupt controllers (Intel's data sheet 231468), eight lines each, the second one behind line 2 of the first. Devices
//! knock there, and they interrupt the processor for them. The BIOS has them at vectors 8 to 15, where exceptions are in
//! protected mode: they must move.

use crate::ports;

/// Where the 16 lines are mapped to. The first 32 vectors belong to the processor's own exceptions.
pub const IRQ_BASE: u8 = 32;
pub const TIMER: u8 = IRQ_BASE;
pub const KEYBOARD: u8 = IRQ_BASE + 1;

/// The command ports; data is one further.
const FIRST: u16 = 0x20;
const SECOND: u16 = 0xa0;

const INIT_WITH_ICW4: u8 = 0x11;
const MODE_8086: u8 = 0x01;
const END_OF_INTERRUPT: u8 = 0x20;
const CASCADE_LINE: u8 = 2;

/// Sets both controllers up, all lines off.
pub fn init() {
    unsafe {
        // Four words of initialisation: begin, first vector, how the two are connected, mode.
        ports::write(FIRST, INIT_WITH_ICW4);
        ports::write(SECOND, INIT_WITH_ICW4);
        ports::write(FIRST + 1, IRQ_BASE);
        ports::write(SECOND + 1, IRQ_BASE + 8);
        ports::write(FIRST + 1, 1 << CASCADE_LINE);
        ports::write(SECOND + 1, CASCADE_LINE);
        ports::write(FIRST + 1, MODE_8086);
        ports::write(SECOND + 1, MODE_8086);
        // A bit that is set keeps its line out. The second controller needs its way through the first.
        ports::write(FIRST + 1, !(1 << CASCADE_LINE));
        ports::write(SECOND + 1, 0xff);
    }
}

/// Lets the line of a vector through.
pub fn enable(vector: u8) {
    let line = vector - IRQ_BASE;
    let port = if line < 8 { FIRST + 1 } else { SECOND + 1 };
    unsafe { ports::write(port, ports::read(port) & !(1 << (line % 8))) }
}

/// "Handled": until a handler says so, the controller holds back this line and all less urgent ones.
pub fn done(vector: u8) {
    unsafe {
        if vector >= IRQ_BASE + 8 {
            ports::write(SECOND, END_OF_INTERRUPT);
        }
        ports::write(FIRST, END_OF_INTERRUPT);
    }
}
