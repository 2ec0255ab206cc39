//! Whether calls that change a service may be sent: what was agreed to, and who can still be asked.
//! Pure.

/// What is known before the first call.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that decides"
)]
pub(super) struct Situation {
    /// Somebody can answer: stdin and stderr are terminals.
    pub(super) interactive: bool,
    /// `--yes`.
    pub(super) yes: bool,
    /// `--accept-stale`.
    pub(super) accept_stale: bool,
    /// Nothing was sent for longer than `--stale-after`: users may have read counts down since.
    pub(super) stale: bool,
    /// The calls go to a simulator in this process.
    pub(super) simulated: bool,
    /// Calls that this session would send.
    pub(super) to_send: u64,
}

/// What nobody has agreed to yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    /// The plan; `--yes` agrees to it.
    pub(super) plan: bool,
    /// Overwriting counts after a long pause; only `--accept-stale` agrees to it.
    pub(super) stale: bool,
}

impl Open {
    /// The plan alone.
    pub(super) const fn only_plan(self) -> Self {
        Self {
            stale: false,
            ..self
        }
    }

    /// The pause alone.
    pub(super) const fn only_stale(self) -> Self {
        Self {
            plan: false,
            ..self
        }
    }
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// Send.
    Given,
    /// Ask, and send after a yes.
    Ask(Open),
    /// Send nothing: there is nobody to ask.
    Refused(Open),
}

impl Situation {
    /// Decides from what is known.
    pub(super) const fn decide(self) -> Consent {
        let open = Open {
            plan: !self.yes,
            stale: self.stale && !self.accept_stale,
        };
        if self.simulated || self.to_send == 0 || !(open.plan || open.stale) {
            Consent::Given
        } else if self.interactive {
            Consent::Ask(open)
        } else {
            Consent::Refused(open)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Open = Open {
        plan: true,
        stale: false,
    };
    const STALE: Open = Open {
        plan: false,
        stale: true,
    };
    const BOTH: Open = Open {
        plan: true,
        stale: true,
    };

    /// interactive, yes, accept-stale, stale: what follows for a service.
    #[rustfmt::skip]
    const TABLE: [([bool; 4], Consent); 16] = [
        ([false, false, false, false], Consent::Refused(PLAN)),
        ([false, false, false, true], Consent::Refused(BOTH)),
        ([false, false, true, false], Consent::Refused(PLAN)),
        ([false, false, true, true], Consent::Refused(PLAN)),
        ([false, true, false, false], Consent::Given),
        ([false, true, false, true], Consent::Refused(STALE)),
        ([false, true, true, false], Consent::Given),
        ([false, true, true, true], Consent::Given),
        ([true, false, false, false], Consent::Ask(PLAN)),
        ([true, false, false, true], Consent::Ask(BOTH)),
        ([true, false, true, false], Consent::Ask(PLAN)),
        ([true, false, true, true], Consent::Ask(PLAN)),
        ([true, true, false, false], Consent::Given),
        ([true, true, false, true], Consent::Ask(STALE)),
        ([true, true, true, false], Consent::Given),
        ([true, true, true, true], Consent::Given),
    ];

    #[test]
    fn only_what_was_agreed_to_is_sent_and_only_who_is_there_is_asked() {
        for ([interactive, yes, accept_stale, stale], expected) in TABLE {
            let situation = Situation {
                interactive,
                yes,
                accept_stale,
                stale,
                simulated: false,
                to_send: 7,
            };
            assert_eq!(situation.decide(), expected, "{situation:?}");
            let nothing = Situation {
                to_send: 0,
                ..situation
            };
            assert_eq!(nothing.decide(), Consent::Given, "{nothing:?}");
            let rehearsal = Situation {
                simulated: true,
                ..situation
            };
            assert_eq!(rehearsal.decide(), Consent::Given, "{rehearsal:?}");
        }
    }
}
