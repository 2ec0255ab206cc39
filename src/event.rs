//! The vocabulary between the engine and its observers.
