//! The group types of the target, in both spellings the vendor uses.

/// A group type of Tencent Cloud Chat.
///
/// The vendor renamed two types: `Private` became `Work` and `ChatRoom` became `Meeting`
/// (group system page, 2022 edition). Both spellings are one type here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum GroupType {
    /// `Work`, earlier `Private`.
    Work,
    /// `Public`.
    Public,
    /// `Meeting`, earlier `ChatRoom`. Keeps no unread counts.
    Meeting,
    /// `AVChatRoom`. Keeps no unread counts.
    AvChatRoom,
    /// `Community`.
    Community,
}
