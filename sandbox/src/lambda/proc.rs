//! What Linux tells of a process. Elsewhere nothing is known: then a process is taken to
//! wait, to need no memory, and to have had a processor whenever it wanted one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Whether every thread of a process waits for something other than a processor or a disk.
pub fn waits(id: u32) -> bool {
    let busy = threads(id).any(|thread| {
        let stat = std::fs::read_to_string(thread.join("stat")).unwrap_or_default();
        // The name before it may hold anything.
        let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
        state.is_some_and(|it| it.starts_with(['R', 'D']))
    });
    !busy
}

/// How long each thread of a process has waited for a processor, by the thread's id.
pub fn delays(id: u32) -> BTreeMap<String, Duration> {
    threads(id)
        .filter_map(|thread| {
            let stat = std::fs::read_to_string(thread.join("schedstat")).ok()?;
            let delay = stat.split_whitespace().nth(1)?.parse().ok()?;
            let name = thread.file_name()?.to_string_lossy().into_owned();
            Some((name, Duration::from_nanos(delay)))
        })
        .collect()
}

/// The most memory that a process has had, in KiB, with that of the files it maps.
pub fn peak_memory(id: u32) -> Option<u64> {
    kilobytes(id, &["VmHWM:"])
}

/// The memory that only a process itself needs now, in KiB.
pub fn own_memory(id: u32) -> Option<u64> {
    kilobytes(id, &["RssAnon:", "RssShmem:"])
}

/// The sum of fields of a process's status.
fn kilobytes(id: u32, fields: &[&str]) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let of = |line: &str| {
        let value = fields.iter().find_map(|field| line.strip_prefix(field))?;
        value.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    };
    let found: Vec<u64> = status.lines().filter_map(of).collect();
    (!found.is_empty()).then(|| found.iter().sum())
}

/// Whether a process, or another one of the group that it leads, has the connection whose other
/// end is at `peer`; nothing where that cannot be seen.
pub fn has_connection(id: u32, peer: SocketAddr) -> Option<bool> {
    let SocketAddr::V4(peer) = peer else {
        return None;
    };
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    // Addresses are there as this machine has them in memory.
    let address = u32::from_ne_bytes(peer.ip().octets());
    let local = format!("{address:08X}:{:04X}", peer.port());
    let inode = table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields.get(1) == Some(&local.as_str())).then(|| fields.get(9).copied())?
    });
    let Some(inode) = inode else {
        return Some(false);
    };
    let socket = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut group = processes
        .map(|it| it.path())
        .filter(|it| group_of(it) == Some(id));
    Some(group.any(|process| {
        let files = std::fs::read_dir(process.join("fd")).into_iter();
        let mut links = files
            .flatten()
            .flatten()
            .filter_map(|it| it.path().read_link().ok());
        links.any(|it| it.as_os_str() == socket.as_str())
    }))
}

/// The process group of a process, by its folder.
fn group_of(process: &Path) -> Option<u32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    // The name before it may hold anything: state, parent, group.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(2)?.parse().ok()
}

fn threads(id: u32) -> impl Iterator<Item = std::path::PathBuf> {
    let listed = std::fs::read_dir(format!("/proc/{id}/task")).into_iter();
    listed.flatten().filter_map(|it| Some(it.ok()?.path()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn of_this_process() {
        let id = std::process::id();
        // The thread that asks has a processor.
        assert!(!waits(id));
        assert!(!delays(id).is_empty());
        assert!(own_memory(id) <= peak_memory(id));
        assert!(own_memory(id).is_some_and(|it| it > 0));
    }

    #[test]
    fn connections_have_an_owner() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let peer = own.local_addr().unwrap();
        let group = group_of(Path::new("/proc/self")).unwrap();
        assert_eq!(has_connection(group, peer), Some(true));
        assert_eq!(has_connection(u32::MAX, peer), Some(false));
        drop(own);
    }

    #[test]
    fn of_a_process_that_is_not_there() {
        let id = u32::MAX;
        assert!(waits(id));
        assert!(delays(id).is_empty());
        assert_eq!(own_memory(id), None);
    }
}
