//! `/admin/v1/…`: what does a person who sets things up see?

mod partner;
mod platform;
mod tokens;

pub(crate) use partner::other_merchant;
