//! The presets that come with the tool, and those in files of the user's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Error, Form, Preset};

/// Names the files in `presets/`: a test compares the list with the folder.
macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        /// The presets that come with the tool: the name and the text of each.
        pub(crate) const EMBEDDED: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../presets/", $name, ".toml")))),*
        ];
    };
}

embedded![
    "cometchat",
    "connectycube",
    "discord",
    "easemob",
    "matrix",
    "mattermost",
    "mongooseim",
    "openim",
    "pubnub",
    "quickblox",
    "rocketchat",
    "rongcloud",
    "sendbird",
    "slack",
    "stream",
    "telegram",
    "tencent",
    "tinode",
    "twilio",
    "wukongim",
    "yunxin",
    "zulip",
];

/// The presets among which the form of a file is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    pub(super) presets: Vec<Arc<Preset>>,
    /// The only form that is wanted.
    pub(super) form: Option<String>,
    /// Whether a file that none of them fits is read as plain rows.
    pub(in crate::source) auto: bool,
}

impl Library {
    /// What `--preset WANTED` means: `auto`, a name, a name and a form (`name/form`), or a file.
    pub(crate) fn find(wanted: &str) -> Result<Self, Error> {
        if wanted == "auto" {
            let all = EMBEDDED.iter().map(|(name, text)| embedded(name, text));
            return Ok(Self {
                presets: all.collect::<Result<_, _>>()?,
                form: None,
                auto: true,
            });
        }
        if Self::is_file(wanted) {
            return Ok(Self::only(from_file(Path::new(wanted))?, None));
        }
        let (name, form) = match wanted.split_once('/') {
            Some((name, form)) => (name, Some(form)),
            None => (wanted, None),
        };
        let known = EMBEDDED.iter().find(|(known, _)| *known == name);
        let (name, text) = known.ok_or_else(|| Error::Unknown {
            name: wanted.to_owned(),
            known: EMBEDDED
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        })?;
        let preset = embedded(name, text)?;
        if let Some(form) = form
            && !preset.forms.iter().any(|known| known.name == form)
        {
            return Err(Error::UnknownForm {
                name: (*name).to_owned(),
                form: form.to_owned(),
                known: preset.forms.iter().map(|form| form.name.clone()).collect(),
            });
        }
        Ok(Self::only(preset, form))
    }

    fn only(preset: Arc<Preset>, form: Option<&str>) -> Self {
        Self {
            presets: vec![preset],
            form: form.map(str::to_owned),
            auto: false,
        }
    }

    /// Whether `wanted` is the path of a file.
    pub(crate) fn is_file(wanted: &str) -> bool {
        Path::new(wanted)
            .extension()
            .is_some_and(|kind| kind == "toml")
    }

    /// The forms among which is looked: the preset, the number in it, and the form.
    pub(super) fn forms(&self) -> impl Iterator<Item = (&Arc<Preset>, usize, &Form)> {
        let all = self.presets.iter().flat_map(|preset| {
            let forms = preset.forms.iter().enumerate();
            forms.map(move |(number, form)| (preset, number, form))
        });
        let wanted = self.form.as_deref();
        all.filter(move |(_, _, form)| wanted.is_none_or(|wanted| wanted == form.name))
    }

    /// Those forms alone that are of the preset `name`, which is known by other inputs.
    pub(in crate::source) fn narrowed(&self, name: &str) -> Self {
        let of = |preset: &&Arc<Preset>| preset.name == name;
        Self {
            presets: self.presets.iter().filter(of).cloned().collect(),
            form: self.form.clone(),
            auto: false,
        }
    }

    /// The presets themselves.
    pub(crate) fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.presets.iter().map(Arc::as_ref)
    }
}

fn embedded(name: &str, text: &str) -> Result<Arc<Preset>, Error> {
    let path = PathBuf::from(format!("{name}.toml"));
    Preset::parse(name, &path, text).map(Arc::new)
}

fn from_file(path: &Path) -> Result<Arc<Preset>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Preset::parse(&name, path, &text).map(Arc::new)
}
