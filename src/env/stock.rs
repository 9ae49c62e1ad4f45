//! Random bytes in stock: to ask the operating system for each event's takes longer than all the rest of publishing.

use std::cell::RefCell;
use std::mem;

/// How many draws a thread's stock is good for: 4 KiB, after which the system call itself hardly counts.
const DRAWS: usize = 256;

thread_local! {
    static STOCK: RefCell<Stock> = RefCell::new(Stock::empty());
}

/// Sixteen random bytes that nobody else gets.
///
/// # Panics
///
/// If the operating system has no randomness to give.
pub(super) fn draw() -> [u8; 16] {
    // What a thread publishes while it ends may come after its stock is gone.
    STOCK.try_with(|stock| stock.borrow_mut().draw()).unwrap_or_else(|_| Stock::empty().draw())
}

struct Stock {
    /// A forked process starts with a copy of the stock. It must not draw what its parent draws, too.
    fork: forkguard::Guard,
    blocks: [[u8; 16]; DRAWS],
    left: usize,
}

impl Stock {
    fn empty() -> Stock {
        Stock { fork: forkguard::new(), blocks: [[0; 16]; DRAWS], left: 0 }
    }

    fn draw(&mut self) -> [u8; 16] {
        if self.fork.detected_fork() {
            self.left = 0;
        }
        if self.left == 0 {
            getrandom::fill(self.blocks.as_flattened_mut())
                .expect("the operating system has no randomness to give");
            self.left = DRAWS;
        }
        self.left -= 1;
        mem::take(&mut self.blocks[self.left])
    }
}
