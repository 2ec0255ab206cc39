//! `--preset` and what belongs to it: from the checkpoint's words to the options of `source`.

use super::failure::{Failure, preset_failure, unreadable};
use super::input::side_file;
use crate::settings::{Reading, SideFile};
use crate::source::Inputs;
use crate::source::preset::{Choices, Library, Naming, Outer, Wanted};

/// What `--preset` names: a file by its lasting path, anything else as it is.
pub(super) fn named(wanted: &str) -> SideFile {
    if Library::is_file(wanted) {
        return side_file(wanted.as_ref());
    }
    SideFile {
        path: wanted.to_owned(),
        hash: String::new(),
    }
}

/// The presets among which the inputs' forms are looked for.
pub(super) fn wanted(plan: &Reading) -> Result<Option<Wanted>, Failure> {
    let Some(SideFile { path, .. }) = &plan.preset else {
        return Ok(None);
    };
    let library =
        Library::find(path).map_err(|error| preset_failure(&error).of_option("preset"))?;
    let given = Outer {
        user: plan.user.clone(),
        group: plan.group.clone(),
    };
    let naming = Naming::new(given, plan.name_pattern.as_deref());
    Ok(Some(Wanted {
        library,
        naming: naming.map_err(|error| preset_failure(&error))?,
    }))
}

/// What is done where an export does not say all.
pub(super) const fn choices(plan: &Reading) -> Choices {
    Choices {
        capped: plan.on_capped,
        negative: plan.on_negative,
        muted: plan.muted,
    }
}

/// Notes by which preset the inputs are read, and what it says where the user says nothing. One
/// that the import was begun with has to be the same.
pub(super) fn settle(plan: &mut Reading, inputs: &Inputs) -> Result<(), Failure> {
    let used = inputs.preset();
    if plan.on_duplicate.is_none() {
        let policy = inputs.on_duplicate().map_err(|error| unreadable(&error))?;
        plan.on_duplicate = Some(policy.unwrap_or_default());
    }
    let Some(SideFile { path, hash }) = &mut plan.preset else {
        return Ok(());
    };
    let Some(used) = used else {
        plan.preset = None;
        return Ok(());
    };
    if path == "auto" {
        path.clone_from(&used.name);
    }
    // Another form of the same preset makes other rows.
    let form = path.split_once('/').filter(|_| !Library::is_file(path));
    let content = form.map_or_else(
        || used.hash.clone(),
        |(_, form)| format!("{}/{form}", used.hash),
    );
    if hash.is_empty() {
        *hash = content;
    } else if *hash != content {
        return Err(Failure::checkpoint(format!(
            "the preset `{path}` is not the one the import was begun with"
        ))
        .hint("put the earlier content back, or continue with the version of im-unread that has it")
        .hint("or begin another import with another --checkpoint"));
    }
    Ok(())
}
