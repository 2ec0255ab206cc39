//! run

mod calls;
mod survey;

pub(crate) use self::calls::{Call, Calls, Step};
pub(crate) use self::survey::{Error as InputError, Survey, Totals, survey};
