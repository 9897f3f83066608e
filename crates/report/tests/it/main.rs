//! What must hold for every page, whatever it is filled with.

mod golden;
mod hostile;
mod markup;
mod privacy;
mod sample;
mod size;
