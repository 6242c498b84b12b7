//! The cells: rows of codewords, made when they are first written.

use super::super::lanes::CODEWORDS;
use super::super::secded::Codeword;
use super::super::timing::TimingSet;

/// The four codewords of a burst.
pub(super) type Cells = [Codeword; CODEWORDS];

/// The cells of all banks. Rows that were never written are zero, which is a valid codeword.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    rows: usize,
    codewords_per_row: usize,
    /// For each row of each bank the number of its page, from 1; 0 without one.
    pages: Vec<u32>,
    data: Vec<Box<[u64]>>,
    checks: Vec<Box<[u8]>>,
}

impl Storage {
    pub(super) fn new(set: &TimingSet) -> Self {
        let rows = set.rows as usize;
        Self {
            rows,
            codewords_per_row: set.bursts_per_row() as usize * CODEWORDS,
            pages: vec![0; set.banks() as usize * rows],
            data: Vec::new(),
            checks: Vec::new(),
        }
    }

    pub(super) fn read(&self, bank: u8, row: u16, burst: u8) -> Cells {
        let mut cells = Cells::default();
        if let Some(page) = self.page(bank, row) {
            let first = usize::from(burst) * CODEWORDS;
            let data = &self.data[page][first..first + CODEWORDS];
            let checks = &self.checks[page][first..first + CODEWORDS];
            for ((cell, data), check) in cells.iter_mut().zip(data).zip(checks) {
                *cell = Codeword {
                    data: *data,
                    check: *check,
                };
            }
        }
        cells
    }

    pub(super) fn write(&mut self, bank: u8, row: u16, burst: u8, cells: &Cells) {
        let page = self
            .page(bank, row)
            .unwrap_or_else(|| self.new_page(bank, row));
        let first = usize::from(burst) * CODEWORDS;
        let data = &mut self.data[page][first..first + CODEWORDS];
        let checks = &mut self.checks[page][first..first + CODEWORDS];
        for ((cell, data), check) in cells.iter().zip(data).zip(checks) {
            *data = cell.data;
            *check = cell.check;
        }
    }

    fn page(&self, bank: u8, row: u16) -> Option<usize> {
        let number = self.pages[usize::from(bank) * self.rows + usize::from(row)];
        (number > 0).then(|| number as usize - 1)
    }

    fn new_page(&mut self, bank: u8, row: u16) -> usize {
        let page = self.data.len();
        self.data.push(vec![0; self.codewords_per_row].into());
        self.checks.push(vec![0; self.codewords_per_row].into());
        self.pages[usize::from(bank) * self.rows + usize::from(row)] = page as u32 + 1;
        page
    }
}
