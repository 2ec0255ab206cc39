//! report

pub(crate) mod validation;
