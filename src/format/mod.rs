//! The bytes of a .boa file, as `docs/format.md` specifies them: one record a file, each with `read_from` and
//! `write_to`. Nothing here knows of models, threads or files.

pub mod bounds;
mod checksum;
mod cursor;
mod entropy_model;
mod fields;
mod formula;
mod frame;
mod header;
mod index;
mod kind;
mod model_section;
mod references;
mod section;
mod segments;
mod structure;

pub use bounds::{BoundRun, ListedBound, runs};
pub use checksum::{CHECK_BYTES, FrameHash, check, frame_hash};
pub use cursor::{Cursor, put_varint};
pub use entropy_model::{EntropyModel, Mix, NetworkRef, Numbers, Payload};
pub use frame::FrameHeader;
pub use header::{Head, Start};
pub use index::{Footer, Index, IndexEntry};
pub use model_section::ModelSection;
pub use section::Section;
pub use segments::Segments;
pub(crate) use structure::{read_from as read_structure, write_to as write_structure};

/// The first seven bytes of a member. The eighth is the version.
pub const MAGIC: [u8; 7] = [0xB0, b'B', b'O', b'A', 0x0D, 0x0A, 0x1A];
/// The format version written, and the newest that is read.
pub const VERSION: u8 = 1;
/// Before each frame.
pub const FRAME_MARK: [u8; 4] = [0xB0, b'F', b'R', b'M'];
/// Before the model section.
pub const MODEL_MARK: [u8; 4] = [0xB0, b'M', b'D', b'L'];
/// Before the index.
pub const INDEX_MARK: [u8; 4] = [0xB0, b'E', b'N', b'D'];
/// The last bytes of a member.
pub const END_MARK: [u8; 4] = [0xB0, b'E', b'O', b'F'];

/// Most content bytes in a frame.
pub const MAX_FRAME: usize = 1 << 24;
/// Most lanes of a segment.
pub const MAX_LANES: usize = 64;
/// Most segments of a frame.
pub const MAX_SEGMENTS: usize = 16;
/// Most bytes of an embedded model.
pub const MAX_MODEL: usize = 1 << 24;
/// Most frames in a member; a longer input becomes several members.
pub const MAX_FRAMES: u64 = 1 << 22;
