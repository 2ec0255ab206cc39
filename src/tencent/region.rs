//! The regions an app can live in, by the names of the command line, with the hosts of each.

use std::fmt;
use std::str::FromStr;

/// A region of the service; an app answers at the hosts of its own region only.
///
/// Hosts: REST API overview, trtc.io page 1047/34620 and its Chinese edition of December 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Region {
    /// Mainland China.
    #[default]
    China,
    /// Singapore.
    Singapore,
    /// Seoul.
    Seoul,
    /// Tokyo, since 2025.
    Tokyo,
    /// Frankfurt.
    Frankfurt,
    /// Silicon Valley.
    SiliconValley,
    /// Jakarta.
    Jakarta,
    /// Mumbai; gone from the vendor's pages since 2024, kept for apps created before.
    Mumbai,
}

impl Region {
    /// Every region, in the order of the help text.
    pub(crate) const ALL: [Self; 8] = [
        Self::China,
        Self::Singapore,
        Self::Seoul,
        Self::Tokyo,
        Self::Frankfurt,
        Self::SiliconValley,
        Self::Jakarta,
        Self::Mumbai,
    ];

    /// The name on the command line, in lower case.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::China => "china",
            Self::Singapore => "singapore",
            Self::Seoul => "seoul",
            Self::Tokyo => "tokyo",
            Self::Frankfurt => "frankfurt",
            Self::SiliconValley => "silicon-valley",
            Self::Jakarta => "jakarta",
            Self::Mumbai => "mumbai",
        }
    }

    /// The host that serves the REST API.
    pub(crate) const fn host(self) -> &'static str {
        match self {
            Self::China => "console.tim.qq.com",
            Self::Singapore => "adminapisgp.im.qcloud.com",
            Self::Seoul => "adminapikr.im.qcloud.com",
            Self::Tokyo => "adminapijpn.im.qcloud.com",
            Self::Frankfurt => "adminapiger.im.qcloud.com",
            Self::SiliconValley => "adminapiusa.im.qcloud.com",
            Self::Jakarta => "adminapiidn.im.qcloud.com",
            Self::Mumbai => "adminapiind.im.qcloud.com",
        }
    }

    /// The host that the vendor names for trouble with the name resolution of `host`.
    pub(crate) const fn backup_host(self) -> &'static str {
        match self {
            Self::China => "adminapi.my-imcloud.com",
            Self::Singapore => "adminapisgp.my-imcloud.com",
            Self::Seoul => "adminapikr.my-imcloud.com",
            Self::Tokyo => "adminapijpn.my-imcloud.com",
            Self::Frankfurt => "adminapiger.my-imcloud.com",
            Self::SiliconValley => "adminapiusa.my-imcloud.com",
            Self::Jakarta => "adminapiidn.my-imcloud.com",
            Self::Mumbai => "adminapiind.my-imcloud.com",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no region has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a region; the regions are {}", names())]
pub(crate) struct UnknownRegion {
    /// What was given, shortened and safe to print.
    pub(crate) name: String,
}

fn names() -> String {
    Region::ALL.map(|region| format!("`{region}`")).join(", ")
}

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        Self::ALL
            .into_iter()
            .find(|region| region.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownRegion {
                name: super::printable::shortened(text, 40),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_reads_back_from_its_own_name() {
        for region in Region::ALL {
            assert_eq!(region.to_string().parse(), Ok(region));
        }
        assert_eq!("Silicon-Valley".parse(), Ok(Region::SiliconValley));
    }

    #[test]
    fn no_host_is_named_twice() {
        let mut hosts: Vec<_> = Region::ALL
            .iter()
            .flat_map(|region| [region.host(), region.backup_host()])
            .collect();
        hosts.sort_unstable();
        hosts.dedup();
        assert_eq!(hosts.len(), 16);
    }

    #[test]
    fn the_hosts_are_those_of_the_vendor() {
        let hosts = Region::ALL.map(|region| (region.host(), region.backup_host()));
        assert_eq!(hosts[0], ("console.tim.qq.com", "adminapi.my-imcloud.com"));
        for (region, short) in Region::ALL
            .iter()
            .skip(1)
            .zip("sgp kr jpn ger usa idn ind".split(' '))
        {
            assert_eq!(region.host(), format!("adminapi{short}.im.qcloud.com"));
            assert_eq!(
                region.backup_host(),
                format!("adminapi{short}.my-imcloud.com")
            );
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "mars".parse::<Region>().unwrap_err().to_string();
        assert!(
            error.starts_with("`mars` is not a region; the regions are `china`, "),
            "{error}"
        );
        assert!(error.ends_with("`mumbai`"), "{error}");
    }
}
