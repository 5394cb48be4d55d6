//! Text on the screen: 25 rows of 80 cells, which a PC in text mode shows from memory at 0xb8000.
#![allow(dead_code)] // each step uses some of it

use crate::lock::Lock;
use crate::ports;
use core::fmt;

pub const COLUMNS: usize = 80;
pub const ROWS: usize = 25;

/// The CRT controller's registers: first their number to this port, then their value to the next one.
const CRT_INDEX: u16 = 0x3d4;
const CRT_DATA: u16 = 0x3d5;
const CURSOR_HIGH: u8 = 0x0e;
const CURSOR_LOW: u8 = 0x0f;

#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Colour {
    Black, Blue, Green, Cyan, Red, Magenta, Brown, LightGrey,
    DarkGrey, LightBlue, LightGreen, LightCyan, LightRed, Pink, Yellow, White,
}

/// A character and its colours, as the hardware has them: 16 bits.
#[derive(Clone, Copy)]
#[repr(C)]
struct Cell {
    character: u8,
    colours: u8,
}

pub struct Writer {
    row: usize,
    column: usize,
    colours: u8,
}

/// The screen. Everybody prints through this one writer, so that it knows where to go on.
pub static SCREEN: Lock<Writer> = Lock::new(Writer { row: 0, column: 0, colours: Colour::LightGrey as u8 });

impl Writer {
    /// The address of a cell. All of `vga.rs` that is unsafe rests on `row` and `column` being in range.
    fn cell(&self, row: usize, column: usize) -> *mut Cell {
        assert!(row < ROWS && column < COLUMNS);
        unsafe { (0xb8000 as *mut Cell).add(row * COLUMNS + column) }
    }

    /// Volatile: the compiler sees a write that nobody reads, and must not drop it.
    fn set(&mut self, row: usize, column: usize, character: u8) {
        unsafe { self.cell(row, column).write_volatile(Cell { character, colours: self.colours }) }
    }

    /// The character in a cell, for tests.
        pub fn character_at(&self, row: usize, column: usize) -> u8 {
        unsafe { self.cell(row, column).read_volatile().character }
    }

    fn clear_row(&mut self, row: usize) {
        for column in 0..COLUMNS {
            self.set(row, column, b' ');
        }
    }

    pub fn clear(&mut self) {
        for row in 0..ROWS {
            self.clear_row(row);
        }
        (self.row, self.column) = (0, 0);
        self.move_cursor();
    }

    /// The blinking cursor is not in memory: the controller wants to know the number of its cell.
    fn move_cursor(&self) {
        let [high, low] = ((self.row * COLUMNS + self.column) as u16).to_be_bytes();
        for (register, value) in [(CURSOR_HIGH, high), (CURSOR_LOW, low)] {
            unsafe {
                ports::write(CRT_INDEX, register);
                ports::write(CRT_DATA, value);
            }
        }
    }

    /// Colours of what is printed from now on.
        pub fn colour(&mut self, letters: Colour, background: Colour) {
        self.colours = (background as u8) << 4 | letters as u8;
    }

    /// Below the last row, everything moves up by one.
    fn new_line(&mut self) {
        self.column = 0;
        if self.row + 1 < ROWS {
            self.row += 1;
            return;
        }
        // Memory of a screen is slow, so four cells are moved at a time.
        let (from, to) = (self.cell(1, 0).cast::<u64>(), self.cell(0, 0).cast::<u64>());
        for index in 0..(ROWS - 1) * COLUMNS / 4 {
            unsafe { to.add(index).write_volatile(from.add(index).read_volatile()) }
        }
        self.clear_row(ROWS - 1);
    }

    fn put(&mut self, byte: u8) {
        if byte == b'\n' {
            return self.new_line();
        }
        self.set(self.row, self.column, byte);
        self.column += 1;
        if self.column == COLUMNS {
            self.new_line();
        }
    }
}

/// With this one function, all of Rust's formatting works: `{}`, `{:?}`, `{:#x}` …
impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            // The screen's font is older than Unicode; what it surely has is ASCII. 0xfe is a small square.
            self.put(if character.is_ascii() { character as u8 } else { 0xfe });
        }
        self.move_cursor();
        Ok(())
    }
}

#[macro_export]
macro_rules! print {
    ($($arguments:tt)*) => { $crate::vga::print_to_screen(format_args!($($arguments)*)) };
}

#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($arguments:tt)*) => { $crate::print!("{}\n", format_args!($($arguments)*)) };
}

pub fn print_to_screen(arguments: fmt::Arguments) {
    use fmt::Write;
    // Writing to this screen cannot fail; an error would come from a value's own formatting.
    let _ = SCREEN.lock().write_fmt(arguments);
}
