//! Coverage of cases, and its sum.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rusqlite::{Connection, OptionalExtension, params};

use crate::counts::{self, Counts};
use crate::error::HistoryError;
use crate::runs::RunId;
use crate::store::History;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpaceKind {
    /// Bins of a block's functional coverage model.
    Functional,
    /// Points of Verilator's code coverage.
    Code,
}

impl SpaceKind {
    fn name(self) -> &'static str {
        match self {
            Self::Functional => "functional",
            Self::Code => "code",
        }
    }
}

/// Everything that can be hit, in a fixed order. Two spaces of one kind, block and hash have the same names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// What is counted.
    pub kind: SpaceKind,
    /// The block.
    pub block: String,
    /// Hash of all the names.
    pub hash: String,
    /// Names of the bins or points; none holds the end of a line.
    pub names: Vec<String>,
}

/// Coverage of one case in one space.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The space, shared by many cases.
    pub space: Arc<Space>,
    /// Hits.
    pub counts: Counts,
}

/// The first case of a run that hit a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstHit {
    /// Number of the case, as in [`CaseSummary`](crate::CaseSummary).
    pub case: i64,
    /// How often it did.
    pub hits: u64,
}

/// Who hit the bins of a space first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstHits {
    /// The space.
    pub space: Space,
    /// For each of its bins the first hit, if it has one.
    pub bins: Vec<Option<FirstHit>>,
}

/// The numbers of spaces, remembered by whoever writes.
#[derive(Debug, Default)]
pub(crate) struct Spaces(HashMap<(SpaceKind, String, String), i64>);

impl Spaces {
    pub(crate) fn id(&mut self, connection: &Connection, space: &Space) -> rusqlite::Result<i64> {
        let key = (space.kind, space.block.clone(), space.hash.clone());
        if let Some(id) = self.0.get(&key) {
            return Ok(*id);
        }
        let sql = "SELECT id FROM spaces WHERE kind = ?1 AND block = ?2 AND hash = ?3";
        let name = space.kind.name();
        let found = connection
            .query_row(sql, params![name, space.block, space.hash], |row| {
                row.get(0)
            })
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO spaces (kind, block, hash, size, names) VALUES (?1, ?2, ?3, ?4, ?5)";
                let size = i64::try_from(space.names.len()).unwrap_or(i64::MAX);
                let names = deflate(&space.names.join("\n"));
                connection.execute(sql, params![name, space.block, space.hash, size, names])?;
                connection.last_insert_rowid()
            }
        };
        self.0.insert(key, id);
        Ok(id)
    }

    /// Forgets all, as after a transaction that was rolled back.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

fn deflate(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .expect("writing into memory does not fail")
}

impl History {
    /// The spaces of a kind in which cases of these runs have coverage, with the sums of all of them, by block. Runs may be of
    /// different versions of a block: then it has several spaces.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Malformed`] for damaged counts, [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`].
    pub fn merged(
        &self,
        runs: &[RunId],
        kind: SpaceKind,
    ) -> Result<Vec<(Space, Vec<u64>)>, HistoryError> {
        let mut sums: HashMap<i64, Vec<u64>> = HashMap::new();
        for run in runs {
            for space in self.spaces_of(*run, kind)? {
                let size = self.size(space)?;
                let into = sums.entry(space).or_insert_with(|| vec![0; size]);
                self.each_case(*run, space, |_, bytes| counts::add(bytes, into))?;
            }
        }
        let mut merged = Vec::new();
        for (space, sums) in sums {
            merged.push((self.space(space)?, sums));
        }
        merged.sort_by(|(a, _), (b, _)| (&a.block, &a.hash).cmp(&(&b.block, &b.hash)));
        Ok(merged)
    }

    /// The sums of each test of a run in the functional spaces of a block.
    ///
    /// # Errors
    ///
    /// As [`History::merged`].
    pub fn merged_by_test(
        &self,
        run: RunId,
        kind: SpaceKind,
        block: &str,
    ) -> Result<Vec<(String, Space, Vec<u64>)>, HistoryError> {
        let sql = "SELECT id, test FROM cases WHERE run = ?1 AND block = ?2";
        let tests = self.list(sql, params![run.0, block], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let tests: HashMap<i64, String> = tests.into_iter().collect();
        let mut all = Vec::new();
        for id in self.spaces_of(run, kind)? {
            let space = self.space(id)?;
            if space.block != block {
                continue;
            }
            let mut sums: HashMap<&str, Vec<u64>> = HashMap::new();
            self.each_case(run, id, |case, bytes| {
                let test = tests.get(&case).map_or("", String::as_str);
                let into = sums
                    .entry(test)
                    .or_insert_with(|| vec![0; space.names.len()]);
                counts::add(bytes, into)
            })?;
            all.extend(
                sums.into_iter()
                    .map(|(test, sums)| (test.to_owned(), space.clone(), sums)),
            );
        }
        all.sort_by(|a, b| (&a.0, &a.1.hash).cmp(&(&b.0, &b.1.hash)));
        Ok(all)
    }

    /// For each bin of the block's spaces of this kind the case of the run that hit it first, by test, configuration, flavour and
    /// seed: not by time, which differs from run to run.
    ///
    /// # Errors
    ///
    /// As [`History::merged`].
    pub fn first_hits(
        &self,
        run: RunId,
        kind: SpaceKind,
        block: &str,
    ) -> Result<Vec<FirstHits>, HistoryError> {
        let mut all = Vec::new();
        for id in self.spaces_of(run, kind)? {
            let space = self.space(id)?;
            if space.block != block {
                continue;
            }
            let mut bins: Vec<Option<FirstHit>> = vec![None; space.names.len()];
            self.each_case(run, id, |case, bytes| {
                counts::unpack(bytes, |bin, hits| {
                    let bin = usize::try_from(bin).ok();
                    if let Some(bin) = bin.and_then(|bin| bins.get_mut(bin)) {
                        bin.get_or_insert(FirstHit { case, hits });
                    }
                })
            })?;
            all.push(FirstHits { space, bins });
        }
        Ok(all)
    }

    /// Calls `each` with every case of a run that has coverage in the block's spaces of this kind, by test, configuration,
    /// flavour and seed: the space, the case's number and its counts. For whoever ranks tests or looks for holes.
    ///
    /// # Errors
    ///
    /// As [`History::merged`].
    pub fn each_coverage(
        &self,
        run: RunId,
        kind: SpaceKind,
        block: &str,
        mut each: impl FnMut(&Space, i64, Counts),
    ) -> Result<(), HistoryError> {
        for id in self.spaces_of(run, kind)? {
            let space = self.space(id)?;
            if space.block == block {
                self.each_case(run, id, |case, bytes| {
                    each(&space, case, Counts::from_bytes(bytes.to_vec()));
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn spaces_of(&self, run: RunId, kind: SpaceKind) -> Result<Vec<i64>, HistoryError> {
        let sql = "SELECT id FROM spaces WHERE kind = ?2 AND id IN (SELECT space FROM coverage WHERE run = ?1) ORDER BY id";
        self.list(sql, params![run.0, kind.name()], |row| row.get(0))
    }

    fn size(&self, space: i64) -> Result<usize, HistoryError> {
        let sql = "SELECT size FROM spaces WHERE id = ?1";
        let size: i64 = self
            .connection
            .query_row(sql, [space], |row| row.get(0))
            .map_err(self.failed())?;
        Ok(usize::try_from(size).unwrap_or(0))
    }

    fn space(&self, space: i64) -> Result<Space, HistoryError> {
        let sql = "SELECT kind, block, hash, names FROM spaces WHERE id = ?1";
        let (kind, block, hash, names) = self
            .connection
            .query_row(sql, [space], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get::<_, Vec<u8>>(3)?,
                ))
            })
            .map_err(self.failed())?;
        let mut text = String::new();
        DeflateDecoder::new(&names[..])
            .read_to_string(&mut text)
            .map_err(|e| HistoryError::Malformed {
                path: self.path.clone(),
                what: "list of bins",
                reason: e.to_string(),
            })?;
        let kind = match kind.as_str() {
            "code" => SpaceKind::Code,
            _ => SpaceKind::Functional,
        };
        Ok(Space {
            kind,
            block,
            hash,
            names: text.lines().map(str::to_owned).collect(),
        })
    }

    fn each_case(
        &self,
        run: RunId,
        space: i64,
        mut each: impl FnMut(i64, &[u8]) -> Result<(), counts::CountsError>,
    ) -> Result<(), HistoryError> {
        let sql =
            "SELECT case_id, counts FROM coverage WHERE run = ?1 AND space = ?2 ORDER BY case_id";
        let mut statement = self.connection.prepare_cached(sql).map_err(self.failed())?;
        let mut rows = statement
            .query(params![run.0, space])
            .map_err(self.failed())?;
        while let Some(row) = rows.next().map_err(self.failed())? {
            let case = row.get(0).map_err(self.failed())?;
            let bytes = row.get_ref(1).map_err(self.failed())?;
            let bytes = bytes.as_blob().unwrap_or_default();
            each(case, bytes).map_err(|e| HistoryError::counts(&self.path, &e))?;
        }
        Ok(())
    }
}
