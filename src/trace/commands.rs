//! The commands of a run as CSV, for other people's checkers.

use std::path::{Path, PathBuf};

use gpnpu_testbenches::mem3d::traffic::CommandRecord;
use tempfile::NamedTempFile;

use crate::exit::CommandError;
use crate::files;

const HEADER: [&str; 7] = [
    "clock",
    "command",
    "pseudo-channel",
    "bank group",
    "bank",
    "row",
    "column",
];

/// Writes commands under a temporary name; the file is there when it is whole.
pub struct CommandsFile {
    path: PathBuf,
    writer: csv::Writer<NamedTempFile>,
    /// The first write that failed; nothing is written after it.
    failed: Option<csv::Error>,
}

impl CommandsFile {
    /// Begins the file with its header.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, CommandError> {
        let mut writer = csv::Writer::from_writer(files::scratch(path)?);
        let failed = writer.write_record(HEADER).err();
        Ok(Self {
            path: path.to_owned(),
            writer,
            failed,
        })
    }

    /// Adds a command.
    pub fn command(&mut self, record: &CommandRecord) {
        if self.failed.is_some() {
            return;
        }
        fn text(number: Option<impl ToString>) -> String {
            number.map_or(String::new(), |number| number.to_string())
        }
        let entry = &record.entry;
        let fields = [
            entry.clock.to_string(),
            entry.command.name().to_owned(),
            record.pseudo_channel.to_string(),
            text(entry.group),
            text(entry.bank),
            text(entry.row),
            text(entry.burst),
        ];
        self.failed = self.writer.write_record(fields).err();
    }

    /// Gives the file its name.
    ///
    /// # Errors
    ///
    /// If anything could not be written.
    pub fn finish(self) -> Result<(), CommandError> {
        let failed = |e: &dyn std::fmt::Display| {
            CommandError::unforeseen(format!("cannot write `{}`: {e}", self.path.display()))
        };
        if let Some(error) = &self.failed {
            return Err(failed(error));
        }
        let scratch = self.writer.into_inner();
        files::persist(scratch.map_err(|e| failed(e.error()))?, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use gpnpu_golden::mem3d::die::{Command, LogEntry};

    use super::*;

    const ACT: LogEntry = LogEntry {
        clock: 120,
        command: Command::Act,
        group: Some(3),
        bank: Some(2),
        row: Some(32_767),
        burst: None,
    };

    #[test]
    fn the_file_has_a_header_and_a_line_for_each_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/commands.csv");
        let mut file = CommandsFile::create(&path).unwrap();
        let read = LogEntry {
            clock: 152,
            command: Command::Rda,
            burst: Some(31),
            ..ACT
        };
        let refresh = LogEntry {
            clock: 200,
            command: Command::RefAb,
            group: None,
            bank: None,
            row: None,
            burst: None,
        };
        let precharge = LogEntry {
            command: Command::Pre,
            row: None,
            ..ACT
        };
        for (pseudo_channel, entry) in [(1, precharge), (1, ACT), (1, read), (0, refresh)] {
            file.command(&CommandRecord {
                pseudo_channel,
                entry,
            });
        }
        assert!(!path.exists());
        file.finish().unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r"
        clock,command,pseudo-channel,bank group,bank,row,column
        120,PRE,1,3,2,,
        120,ACT,1,3,2,32767,
        152,RDA,1,3,2,32767,31
        200,REFab,0,,,,
        ");
    }

    #[test]
    fn a_run_that_fails_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commands.csv");
        let mut file = CommandsFile::create(&path).unwrap();
        file.command(&CommandRecord {
            pseudo_channel: 0,
            entry: ACT,
        });
        drop(file);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let Err(error) = CommandsFile::create(&file.join("commands.csv")) else {
            panic!("a file is no folder")
        };
        assert!(error.message.contains("cannot write"), "{}", error.message);
    }
}
