//! Paging with four levels (Intel SDM volume 3, section 4.5). Each table is a frame with 512 entries of 8 bytes. A virtual address is
//! four indexes of 9 bits, one for each level, and an offset of 12 bits into the page:
//!
//! ```text
//!      47      39 38      30 29      21 20      12 11         0
//!     |  level 4 |  level 3 |  level 2 |  level 1 |   offset   |
//! ```
//!
//! An entry with the "large" bit ends the walk early: at level 2 with a page of 2 MiB, at level 3 with one of 1 GiB.
#![allow(dead_code)] // each step uses some of it

use crate::frames::Frames;
use core::arch::asm;

pub const PRESENT: u64 = 1 << 0;
pub const WRITABLE: u64 = 1 << 1;
const LARGE: u64 = 1 << 7;
const ADDRESS_BITS: u64 = 0x000f_ffff_ffff_f000;

#[derive(Clone, Copy)]
pub struct Entry(pub u64);

impl Entry {
    pub fn is_present(self) -> bool {
        self.0 & PRESENT != 0
    }

    /// Whether it maps a page larger than 4 KiB, rather than leading to another table.
    pub fn is_large(self, level: u32) -> bool {
        (level == 2 || level == 3) && self.0 & LARGE != 0
    }
}

pub struct Step {
    pub level: u32,
    pub index: u64,
    pub entry: Entry,
}

fn root() -> u64 {
    let cr3: u64;
    unsafe { asm!("mov {}, cr3", out(reg) cr3, options(nomem, nostack, preserves_flags)) };
    cr3 & ADDRESS_BITS
}

const fn shift(level: u32) -> u32 {
    12 + 9 * (level - 1)
}

const fn index(address: u64, level: u32) -> u64 {
    address >> shift(level) & 511
}

/// The loader has mapped the first 4 GiB to themselves, and the tables lie there: a physical address is a pointer.
fn entry_at(table: u64, index: u64) -> *mut Entry {
    (table + index * 8) as *mut Entry
}

/// Goes down from level 4. Ends at an entry that is not present, or that maps a page.
pub fn walk(address: u64) -> impl Iterator<Item = Step> {
    let mut next = Some((root(), 4));
    core::iter::from_fn(move || {
        let (table, level) = next?;
        let entry = unsafe { entry_at(table, index(address, level)).read_volatile() };
        let ends = level == 1 || !entry.is_present() || entry.is_large(level);
        next = if ends { None } else { Some((entry.0 & ADDRESS_BITS, level - 1)) };
        Some(Step { level, index: index(address, level), entry })
    })
}

/// The physical address behind a virtual one.
pub fn translate(address: u64) -> Option<u64> {
    let last = walk(address).last()?;
    if !last.entry.is_present() {
        return None;
    }
    // The larger the page, the more bits of the address are offset.
    let offset_bits = (1 << shift(last.level)) - 1;
    Some(last.entry.0 & ADDRESS_BITS & !offset_bits | address & offset_bits)
}

#[derive(Debug)]
pub enum MapError {
    NoMemoryForTables,
    PartOfLargePage,
    AlreadyMapped,
}

/// Maps a page to a frame; tables on the way are made as needed.
///
/// # Safety
/// Two mappings of one frame are two ways to the same memory, which Rust's rules know nothing of.
pub unsafe fn map(page: u64, frame: u64, flags: u64, frames: &mut Frames) -> Result<(), MapError> {
    let mut table = root();
    for level in (2..=4).rev() {
        let entry = unsafe { &mut *entry_at(table, index(page, level)) };
        if !entry.is_present() {
            let below = frames.allocate().ok_or(MapError::NoMemoryForTables)?;
            *entry = Entry(below | PRESENT | WRITABLE);
        } else if entry.is_large(level) {
            return Err(MapError::PartOfLargePage);
        }
        table = entry.0 & ADDRESS_BITS;
    }
    let entry = unsafe { &mut *entry_at(table, index(page, 1)) };
    if entry.is_present() {
        return Err(MapError::AlreadyMapped);
    }
    *entry = Entry(frame | flags | PRESENT);
    // The processor remembers translations; tell it that this one is new.
    unsafe { asm!("invlpg [{}]", in(reg) page, options(nostack, preserves_flags)) };
    Ok(())
}
