//! A heap: memory in pieces of any size, for any time.
//!
//! First fit with a free list. Pieces that are free are linked by address, and each holds its own place in the list: a free piece has
//! room for that. Unlike C's `free`, Rust's `dealloc` is told how large a piece is, so those in use need no header at all.

use crate::frames::{Frames, PAGE_SIZE};
use crate::lock::Lock;
use crate::paging::{self, MapError};
use core::alloc::{GlobalAlloc, Layout};
use core::mem::size_of;
use core::ptr;

const HEAP_START: u64 = 0x4444_0000_0000;
const HEAP_PAGES: u64 = 64;

/// What stands at the start of a free piece.
struct Piece {
    size: usize,
    next: *mut Piece,
}

pub struct Heap {
    free: *mut Piece,
}

// The pointers lead to memory that belongs to the heap alone.
unsafe impl Send for Heap {}

/// `#[global_allocator]` makes Box, Vec, String and all others of the alloc library use this heap.
#[global_allocator]
static HEAP: Lock<Heap> = Lock::new(Heap { free: ptr::null_mut() });

/// Gives the heap its pages.
pub fn init(frames: &mut Frames) -> Result<(), MapError> {
    for index in 0..HEAP_PAGES {
        let frame = frames.allocate().ok_or(MapError::NoMemoryForTables)?;
        unsafe { paging::map(HEAP_START + index * PAGE_SIZE, frame, paging::WRITABLE, frames)? };
    }
    unsafe { HEAP.lock().give_back(HEAP_START as usize, (HEAP_PAGES * PAGE_SIZE) as usize) };
    Ok(())
}

/// How many pieces are free, and their bytes together.
pub fn state() -> (usize, usize) {
    let heap = HEAP.lock();
    let (mut pieces, mut bytes, mut piece) = (0, 0, heap.free);
    while !piece.is_null() {
        pieces += 1;
        unsafe {
            bytes += (*piece).size;
            piece = (*piece).next;
        }
    }
    (pieces, bytes)
}

/// All pieces start at a multiple of this and have a multiple of it as their size: what is cut off from one can always be a piece.
const GRAIN: usize = size_of::<Piece>();

fn size_of_piece(layout: Layout) -> usize {
    layout.size().max(1).next_multiple_of(GRAIN)
}

impl Heap {
    /// Takes the first place that fits; what remains before and behind it stays free.
    fn take(&mut self, size: usize, align: usize) -> *mut u8 {
        let mut link: *mut *mut Piece = &mut self.free;
        unsafe {
            while !(*link).is_null() {
                let piece = *link;
                let (start, end) = (piece as usize, piece as usize + (*piece).size);
                let place = start.next_multiple_of(align.max(GRAIN));
                if place + size <= end {
                    *link = (*piece).next;
                    if place > start {
                        self.give_back(start, place - start);
                    }
                    if place + size < end {
                        self.give_back(place + size, end - place - size);
                    }
                    return place as *mut u8;
                }
                link = &raw mut (*piece).next;
            }
        }
        ptr::null_mut()
    }

    /// Puts a piece into the list, and joins it with neighbours that touch it.
    ///
    /// # Safety
    /// Nobody may use the memory any more.
    unsafe fn give_back(&mut self, start: usize, size: usize) {
        unsafe {
            let mut before: *mut Piece = ptr::null_mut();
            let mut after = self.free;
            while !after.is_null() && (after as usize) < start {
                (before, after) = (after, (*after).next);
            }
            let mut piece = start as *mut Piece;
            piece.write(Piece { size, next: after });
            if before.is_null() {
                self.free = piece;
            } else if before as usize + (*before).size == start {
                (*before).size += size;
                (*before).next = after;
                piece = before;
            } else {
                (*before).next = piece;
            }
            if !after.is_null() && piece as usize + (*piece).size == after as usize {
                (*piece).size += (*after).size;
                (*piece).next = (*after).next;
            }
        }
    }
}

unsafe impl GlobalAlloc for Lock<Heap> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.lock().take(size_of_piece(layout), layout.align())
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { self.lock().give_back(memory as usize, size_of_piece(layout)) }
    }
}
