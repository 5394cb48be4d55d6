//! A lock, so that a `static` can be changed.
//!
//! Rust lets nobody change a `static` through a plain reference, as two could do so at a time. A lock hands out the one right to
//! change what is inside. Without threads to wait for, it can only spin.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

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

    /// Waits until nobody else has it. It is given back when the guard goes out of scope.
    pub fn lock(&self) -> Guard<'_, T> {
        // Acquire and Release keep accesses to the value between taking and giving back.
        while self.taken.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
        Guard { lock: self }
    }
}

pub struct Guard<'a, T> {
    lock: &'a Lock<T>,
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
    }
}
