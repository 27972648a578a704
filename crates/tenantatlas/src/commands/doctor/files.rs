//! What lies on disk: the data directory, the master key, the database file.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use database::DatabaseUrl;
use secrecy::ExposeSecret;
use tenancy::secrets::MasterKey;

use super::Findings;
use crate::config::{KeySource, Settings};
use crate::problem::chain;

/// File systems whose locks SQLite cannot trust (sqlite.org/howtocorrupt.html, section 2.1).
const NETWORK_FILE_SYSTEMS: [&str; 7] = ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph"];

/// Looks at the data directory.
pub(super) fn check_data_dir(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "data directory";
    let folder = match settings.data_dir() {
        Ok(folder) => folder,
        Err(problem) => {
            return findings.warn(
                CHECK,
                problem.sentence(),
                "needed unless database and master key are given",
            );
        }
    };
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            return findings.fail(CHECK, format!("{shown} is no folder"), "name another with --data-dir");
        }
        Ok(found) if found.permissions().readonly() => {
            return findings.fail(
                CHECK,
                format!("{shown} cannot be written"),
                "give yourself the right to, or name another with --data-dir",
            );
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return findings.warn(
                CHECK,
                format!("{shown} does not exist"),
                format!("`{} migrate --seed` makes it", settings.command()),
            );
        }
        Err(error) => {
            return findings.fail(
                CHECK,
                format!("{shown} cannot be looked at: {error}"),
                "name another with --data-dir",
            );
        }
    }
    match network_file_system(folder) {
        Some(kind) => findings.warn(
            CHECK,
            format!("{shown} is on a network share ({kind})"),
            "put it on a local disk: locks on shares cannot be trusted",
        ),
        None => findings.ok(CHECK, shown.to_string()),
    }
}

/// Looks for the master key and gives it, if it can be had.
pub(super) fn check_key(settings: &Settings, findings: &mut Findings) -> Option<MasterKey> {
    const CHECK: &str = "master key";
    let file = match settings.key_source() {
        Err(problem) => {
            findings.warn(CHECK, problem.sentence(), "secrets cannot be sealed or opened without one");
            return None;
        }
        Ok(KeySource::Text(text)) => {
            return match MasterKey::from_hex(text.expose_secret()) {
                Ok(key) => {
                    findings.ok(CHECK, "given by TENANTATLAS_MASTER_KEY");
                    Some(key)
                }
                Err(error) => {
                    findings.fail(CHECK, chain(&error), "correct TENANTATLAS_MASTER_KEY");
                    None
                }
            };
        }
        Ok(KeySource::File(file)) => file,
    };
    if !file.exists() {
        findings.warn(
            CHECK,
            format!("there is none at {} yet", file.display()),
            "it is made when the first tenant is connected",
        );
        return None;
    }
    if let Some(mode) = open_to_others(&file) {
        findings.fail(
            CHECK,
            format!("{} can be read by others (mode {mode:o})", file.display()),
            format!("run `chmod 600 {}`", file.display()),
        );
    }
    match MasterKey::from_file_or_new(&file) {
        Ok(key) => {
            findings.ok(CHECK, file.display().to_string());
            Some(key)
        }
        Err(error) => {
            findings.fail(
                CHECK,
                chain(&error),
                "put the right key there, or name another file with --master-key-file",
            );
            None
        }
    }
}

/// Reads the file's own word for how it is written (sqlite.org/fileformat2.html, section 1.3.3: 2 is a write-ahead log).
pub(super) fn check_journal(url: &DatabaseUrl, findings: &mut Findings) {
    const CHECK: &str = "journal";
    let DatabaseUrl::Sqlite(file) = url else { return };
    let mut header = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(20).read_to_end(&mut header));
    match read.map(|_| (header.get(18), header.get(19))) {
        Ok((Some(2), Some(2))) => findings.ok(CHECK, "write-ahead log, every commit reaches the disk"),
        Ok((None, None)) => findings.ok(CHECK, "the file is still empty"),
        Ok(_) => findings.fail(
            CHECK,
            "the file is not in write-ahead mode",
            "stop every program that has it open and start a worker",
        ),
        Err(error) => {
            findings.fail(CHECK, format!("the file cannot be read: {error}"), "give yourself the right to");
        }
    }
}

#[cfg(unix)]
fn open_to_others(file: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(file).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Gives the kind of the file system that a folder is on, where it is a network's.
fn network_file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    mount_of(&folder, &mounts).filter(|kind| NETWORK_FILE_SYSTEMS.contains(&kind.as_str()))
}

fn mount_of(folder: &Path, mounts: &str) -> Option<String> {
    let mut mounted: Vec<(PathBuf, &str)> = mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            // The kernel writes a space in a path as \040.
            Some((PathBuf::from(fields.next()?.replace("\\040", " ")), fields.next()?))
        })
        .filter(|(place, _)| folder.starts_with(place))
        .collect();
    mounted.sort_by_key(|(place, _)| place.components().count());
    mounted.pop().map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_tells_the_file_system() {
        let mounts =
            "/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/my\\040share nfs4 rw 0 0\ntmpfs /mnt tmpfs rw 0 0\n";
        assert_eq!(mount_of(Path::new("/mnt/my share/atlas"), mounts).as_deref(), Some("nfs4"));
        assert_eq!(mount_of(Path::new("/mnt/my"), mounts).as_deref(), Some("tmpfs"));
        assert_eq!(mount_of(Path::new("/srv"), mounts).as_deref(), Some("ext4"));
    }
}
