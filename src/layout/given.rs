//! What a user says about an input.

use super::Layout;

/// What the user says about an input's layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Nothing: it is detected.
    #[default]
    Nothing,
    /// The bytes of a record; elements are detected.
    Record(u32),
    /// Everything; it must be [valid](Layout::validate).
    Layout(Layout),
}
