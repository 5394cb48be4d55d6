//! The first serial port, a 16550 UART (National Semiconductor's data sheet PC16550D, section 8). What is written to it, the lab shows
//! in its Serial pane, and `--serial stdio` on your terminal.

use crate::lock::Lock;
use crate::ports;
use core::fmt;

const COM1: u16 = 0x3f8;
/// The byte to send; while DLAB is set, the low byte of the divisor.
const DATA: u16 = COM1;
/// While DLAB is set, the high byte of the divisor.
const INTERRUPTS: u16 = COM1 + 1;
const FIFO: u16 = COM1 + 2;
const LINE: u16 = COM1 + 3;
const MODEM: u16 = COM1 + 4;
const STATUS: u16 = COM1 + 5;

const LINE_8N1: u8 = 0x03;
const LINE_DLAB: u8 = 0x80;
const STATUS_CAN_SEND: u8 = 0x20;

pub struct Serial;

pub static SERIAL: Lock<Serial> = Lock::new(Serial);

impl Serial {
    pub fn init(&mut self) {
        unsafe {
            ports::write(INTERRUPTS, 0); // no interrupts: we ask before each byte
            ports::write(LINE, LINE_DLAB);
            ports::write(DATA, 1); // 115200 baud divided by 1
            ports::write(INTERRUPTS, 0);
            ports::write(LINE, LINE_8N1);
            ports::write(FIFO, 0x07); // switch the queues on, empty
            ports::write(MODEM, 0x03); // say that we are here: DTR and RTS
        }
    }

    fn put(&mut self, byte: u8) {
        unsafe {
            while ports::read(STATUS) & STATUS_CAN_SEND == 0 {}
            ports::write(DATA, byte);
        }
    }
}

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.put(byte));
        Ok(())
    }
}

#[macro_export]
macro_rules! serial_print {
    ($($arguments:tt)*) => { $crate::serial::print_to_serial(format_args!($($arguments)*)) };
}

#[macro_export]
macro_rules! serial_println {
    ($($arguments:tt)*) => { $crate::serial_print!("{}\n", format_args!($($arguments)*)) };
}

pub fn print_to_serial(arguments: fmt::Arguments) {
    use fmt::Write;
    let _ = SERIAL.lock().write_fmt(arguments);
}
