//! Does every message survive the trip: read as foreign systems write it, written as the documents have it?

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod garbage;
#[cfg(test)]
mod tolerance;
#[cfg(test)]
mod written;
#[cfg(test)]
mod written_loyalty;
