//! Layouts, arrays and tables for the tests of layouts.

use boa_constrictor::Layout;

/// Random numbers for made data.
pub struct Lcg(pub u64);

impl Lcg {
    pub fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as u32
    }

    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.next()) / f64::from(1u32 << 31)
    }

    /// Roughly normal, of variance 1.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

pub fn elements(width: u8, swap: bool, record: u32, phase: u32) -> Layout {
    Layout {
        width,
        swap,
        record,
        plane: 0,
        phase,
    }
}

pub fn npy_file(version: u8, text: &str) -> Vec<u8> {
    let mut file = b"\x93NUMPY".to_vec();
    file.extend([version, 0]);
    match version {
        1 => file.extend((text.len() as u16).to_le_bytes()),
        _ => file.extend((text.len() as u32).to_le_bytes()),
    }
    file.extend(text.as_bytes());
    file
}

/// `rows` of `columns` numbers whose size and spread depend on the column.
pub fn table(rows: usize, columns: usize, mut write: impl FnMut(&mut Vec<u8>, f64)) -> Vec<u8> {
    let (mut random, mut bytes) = (Lcg(7), Vec::new());
    for _ in 0..rows {
        for column in 0..columns {
            let scale = [1.0, 40.0, 0.003, 9000.0, 2.0, 0.1, 300.0][column % 7];
            write(
                &mut bytes,
                scale * (3.0 + random.normal() * [0.1, 0.5, 1.0][column % 3]),
            );
        }
    }
    bytes
}
