//! Answers counted, and whether there are more refusals among them than expected.

/// Answers, and the refusals among them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answers {
    pub(super) all: u32,
    pub(super) refused: u32,
}

impl Answers {
    pub(super) fn count(&mut self, refused: bool) {
        self.all += 1;
        self.refused += u32::from(refused);
    }

    pub(super) fn share(self) -> f64 {
        f64::from(self.refused) / f64::from(self.all.max(1))
    }

    /// Whether there are more refusals than a share of `background` explains.
    pub(super) fn exceed(self, background: f64) -> bool {
        let expected = f64::from(self.all) * background;
        f64::from(self.refused) > expected + 4.0 * expected.sqrt() + 4.0
    }

    /// As [`Self::exceed`], for a step up, which is given less room.
    pub(super) fn exceed_step(self, background: f64) -> bool {
        let expected = f64::from(self.all) * background;
        f64::from(self.refused) > expected + 2.0 * expected.sqrt() + 2.0
    }
}
