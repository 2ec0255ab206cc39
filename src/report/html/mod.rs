//! The page: one self-contained HTML file that needs no network and, to be read, no script.
//!
//! `layout` is what every page has, `chart` draws, a file a report shows its data. Cells of the
//! input reach the page through the template's escaping only.

mod chart;
mod coverage;
mod import;
mod layout;
mod left;
mod trouble;
mod validation;
mod verification;

pub(crate) use import::import_html;
pub(super) use layout::GENERATOR;
pub(crate) use validation::validation_html;
pub(crate) use verification::verification_html;
