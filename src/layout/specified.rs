//! The layout that a user specifies.

use super::Layout;

/// What the user specifies of an input's layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpecifiedLayout {
    /// Nothing: it is detected.
    #[default]
    Nothing,
    /// The bytes of a record; elements are detected.
    Record(u32),
    /// Everything; it must be [valid](Layout::validate).
    Layout(Layout),
}
