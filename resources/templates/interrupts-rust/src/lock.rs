//! A lock that handlers may take, too.
//!
//! A plain lock would hang the kernel: when a handler interrupts the code that holds it, the handler waits for that code, and that code
//! for the end of the handler. So interrupts are off as long as a lock is held.

use core::arch::asm;
use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

const INTERRUPTS_ON: u64 = 1 << 9;

pub struct Lock<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// The compiler cannot see that `taken` guards `value`: this is our word for it.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub const fn new(value: T) -> Self {
        Lock { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Takes the lock, with interrupts off. It is given back when the guard goes out of scope.
    pub fn lock(&self) -> Guard<'_, T> {
        let flags: u64;
        unsafe { asm!("pushfq", "pop {}", "cli", out(reg) flags) };
        // On a PC with one processor, nobody can have it now, except somebody who forgot to give it back.
        while self.taken.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
        Guard { lock: self, interrupts_were_on: flags & INTERRUPTS_ON != 0 }
    }
}

pub struct Guard<'a, T> {
    lock: &'a Lock<T>,
    /// Locks can be taken inside one another: only the outermost switches interrupts on again.
    interrupts_were_on: bool,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.lock.taken.store(false, Ordering::Release);
        if self.interrupts_were_on {
            unsafe { asm!("sti") }
        }
    }
}
