//! Frames: 4 KiB pieces of physical memory.
//!
//! The loader tells where memory is: Multiboot's information structure (Multiboot Specification 0.6.96, section 3.3). Bootlab's loader
//! hands it to 64-bit kernels, too: magic number in RDI, address in RSI, as arguments are passed.
#![allow(dead_code)] // each step uses some of it

use core::ptr;

pub const PAGE_SIZE: u64 = 4096;

pub const BOOT_MAGIC: u64 = 0x2bad_b002;
const HAS_MEMORY_MAP: u32 = 1 << 6;
const USABLE: u32 = 1;

/// The parts of the structure that this kernel reads, and what lies between.
#[repr(C)]
pub struct BootInfo {
    flags: u32,
    others: [u32; 10],
    memory_map_length: u32,
    memory_map_address: u32,
}

/// An entry of the memory map. `size` counts what follows it, so the next entry is `size + 4` bytes further.
#[repr(C, packed)]
struct Region {
    size: u32,
    base: u64,
    length: u64,
    kind: u32,
}

unsafe extern "C" {
    /// The linker sets this label to the end of the kernel; its address is all that counts.
    static _end: u8;
}

/// The simplest allocator there is: it only ever moves forward.
pub struct Frames {
    next: u64,
    end: u64,
}

impl Frames {
    pub const fn none() -> Self {
        Frames { next: 0, end: 0 }
    }

    /// Everything behind the kernel, in the region that it lies in. What is below may still be the loader's.
    ///
    /// # Safety
    /// `info` must be what the loader handed over, and nobody else may use that memory.
    pub unsafe fn behind_the_kernel(info: &BootInfo) -> Self {
        let kernel_end = (&raw const _end as u64).next_multiple_of(PAGE_SIZE);
        let (mut at, end) = (info.memory_map_address as u64, u64::from(info.memory_map_address) + u64::from(info.memory_map_length));
        while info.flags & HAS_MEMORY_MAP != 0 && at < end {
            let region = unsafe { ptr::read_unaligned(at as *const Region) };
            let region_end = region.base + region.length;
            if region.kind == USABLE && region.base <= kernel_end && kernel_end < region_end {
                return Frames { next: kernel_end, end: region_end & !(PAGE_SIZE - 1) };
            }
            at += u64::from(region.size) + 4;
        }
        Frames::none()
    }

    pub fn left(&self) -> u64 {
        (self.end - self.next) / PAGE_SIZE
    }

    /// A frame's physical address, the frame cleared; None when no memory is left.
    pub fn allocate(&mut self) -> Option<u64> {
        if self.next == self.end {
            return None;
        }
        let frame = self.next;
        self.next += PAGE_SIZE;
        // The loader has mapped the first 4 GiB to themselves, so a physical address is a pointer.
        unsafe { ptr::write_bytes(frame as *mut u8, 0, PAGE_SIZE as usize) };
        Some(frame)
    }
}
