//! Options about presets, and about counts that an export does not tell exactly.

use clap::{Args, Subcommand};

use super::{ResultArgs, value};
use crate::settings::{OnCapped, OnMuted, OnNegative};

/// What other systems' exports look like.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(in crate::cli) struct PresetArgs {
    /// Read the export of another system: a name (see the command presets), NAME/FORM, a FILE.toml
    /// of your own, or auto, which tells the system by its fields
    #[arg(long, value_name = "PRESET", value_parser = value::named_preset)]
    pub(in crate::cli) preset: Option<String>,
    /// Whose counts they are, where the records do not say
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::cli) user: Option<String>,
    /// Which group they are about, where the records do not say
    #[arg(long, value_name = "GROUP")]
    pub(in crate::cli) group: Option<String>,
    /// Where in a file's name the user or the group stands, as in 'dumps/{user}.json'
    #[arg(long, value_name = "PATTERN", value_parser = value::name_pattern)]
    pub(in crate::cli) name_pattern: Option<String>,
    /// What to do with counts that are only lower bounds, such as 99+
    #[arg(long, value_enum, default_value_t = OnCapped::Error)]
    pub(in crate::cli) on_capped: OnCapped,
    /// What to do with counts below 0
    #[arg(long, value_enum, default_value_t = OnNegative::Error)]
    pub(in crate::cli) on_negative: OnNegative,
    /// What to do with conversations that their member has muted, if the preset tells
    #[arg(long, value_enum, default_value_t = OnMuted::Keep)]
    pub(in crate::cli) muted: OnMuted,
}

/// `presets`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Presets {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<PresetsCommand>,
    #[command(flatten)]
    pub(in crate::cli) result: ResultArgs,
}

/// What to do with presets.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PresetsCommand {
    /// Print the file of a preset, to copy from
    Show {
        /// The preset's name
        name: String,
    },
}
