//! Does the platform's API do what it says, on both engines? One module per folder of its paths.

mod access;
mod bills;
mod house;
mod loyalty;
mod partner;
mod till;
