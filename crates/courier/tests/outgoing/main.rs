//! Does everything that goes out arrive, once it can, on both engines?

mod bench;
mod receiver;

mod calls;
mod deliveries;
mod feed;
mod feed_faults;
mod lanes;
mod sealing;
mod takeover;
