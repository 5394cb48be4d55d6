//! The keyboard sends a scan code when a key goes down, and the same with bit 7 set when it comes up. It says which key it is, not
//! which character: that depends on the layout and on Shift, and is our business.

use crate::idt::{self, Frame};
use crate::lock::Lock;
use crate::{pic, ports};
use core::arch::asm;

const DATA: u16 = 0x60;
const RELEASED: u8 = 0x80;
const LEFT_SHIFT: u8 = 0x2a;
const RIGHT_SHIFT: u8 = 0x36;

/// Scan code set 1 on a US layout; the index is the code, 0 where a key has no character.
const PLAIN: &[u8] = b"\0\x1b1234567890-=\x08\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
const SHIFTED: &[u8] = b"\0\x1b!@#$%^&*()_+\x08\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/// What was typed and not read yet. A full queue drops what comes.
struct Queue {
    characters: [u8; 64],
    first: usize,
    count: usize,
    shift: bool,
}

static QUEUE: Lock<Queue> = Lock::new(Queue { characters: [0; 64], first: 0, count: 0, shift: false });

impl Queue {
    fn scan_code(&mut self, code: u8) {
        let (key, down) = (code & !RELEASED, code & RELEASED == 0);
        if key == LEFT_SHIFT || key == RIGHT_SHIFT {
            self.shift = down;
            return;
        }
        let table = if self.shift { SHIFTED } else { PLAIN };
        let character = table.get(usize::from(key)).copied().unwrap_or(0);
        if down && character != 0 && self.count < self.characters.len() {
            self.characters[(self.first + self.count) % self.characters.len()] = character;
            self.count += 1;
        }
    }

    fn take(&mut self) -> Option<u8> {
        if self.count == 0 {
            return None;
        }
        let character = self.characters[self.first];
        self.first = (self.first + 1) % self.characters.len();
        self.count -= 1;
        Some(character)
    }
}

extern "x86-interrupt" fn on_key(_frame: Frame) {
    // Reading takes the code out; without that, the keyboard sends nothing more.
    let code = unsafe { ports::read(DATA) };
    QUEUE.lock().scan_code(code);
    pic::done(pic::KEYBOARD);
}

pub fn init() {
    idt::set_handler(pic::KEYBOARD.into(), on_key);
    pic::enable(pic::KEYBOARD);
}

/// The next character that was typed; waits for it, resting.
pub fn read() -> char {
    loop {
        // Look with interrupts off: a key between the look and the HLT would otherwise go by unseen, and we would sleep until the
        // next one. STI takes effect one instruction late, so that "sti; hlt" cannot be torn apart.
        unsafe { asm!("cli") };
        if let Some(character) = QUEUE.lock().take() {
            unsafe { asm!("sti") };
            return character.into();
        }
        unsafe { asm!("sti", "hlt") };
    }
}
