//! The system's randomness, which makes ids: nobody gets the same twice.

use everbus::env;
use std::collections::HashSet;
use std::thread;

/// More than any stock of random bytes lasts for.
const DRAWS: usize = 1000;

fn draws() -> Vec<[u8; 16]> {
    let env = env::system();
    (0..DRAWS).map(|_| env.random()).collect()
}

#[test]
fn no_two_draws_are_the_same_in_any_thread() {
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(draws)).collect();
    let drawn = threads.into_iter().flat_map(|thread| thread.join().expect("it draws"));
    assert_eq!(drawn.collect::<HashSet<_>>().len(), 4 * DRAWS);
}

/// Draws for the last time when the thread's other values are gone.
struct Late(std::sync::mpsc::Sender<[u8; 16]>);

impl Drop for Late {
    fn drop(&mut self) {
        self.0.send(env::system().random()).expect("the test waits for it");
    }
}

thread_local!(static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) });

#[test]
fn a_thread_that_ends_can_still_draw() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let ending = thread::spawn(move || {
        LATE.set(Some(Late(sender)));
        env::system().random()
    });
    assert_ne!(receiver.recv().expect("it was sent"), ending.join().expect("it ends"));
}

#[cfg(unix)]
#[test]
fn a_forked_process_draws_what_its_parent_does_not() {
    use std::io::{Read, Write, pipe};

    let env = env::system();
    // The parent's stock is open when the child gets its copy.
    env.random();
    let (mut reader, mut writer) = pipe().expect("there are pipes");
    // SAFETY: the child calls nothing but getrandom, write and _exit, which a fork of a threaded process may.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "there are processes");
    if child == 0 {
        let is_sent = (0..DRAWS).all(|_| writer.write_all(&env.random()).is_ok());
        // SAFETY: it ends the child.
        unsafe { libc::_exit(if is_sent { 0 } else { 1 }) };
    }
    drop(writer);
    let mut sent = Vec::new();
    reader.read_to_end(&mut sent).expect("the child writes");
    // SAFETY: it is the child's number, and nobody asks how it ended.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };

    let (childs, _) = sent.as_chunks();
    assert_eq!(childs.len(), DRAWS);
    let parents: HashSet<_> = (0..DRAWS).map(|_| env.random()).collect();
    assert!(childs.iter().all(|block| !parents.contains(block)), "both drew the same");
}
