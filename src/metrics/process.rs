//! What the system says of this process: memory, descriptors, time, threads.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

/// What the system says of this process. `None`: it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Process {
    pub(super) cpu_seconds: Option<f64>,
    pub(super) resident_bytes: Option<u64>,
    pub(super) virtual_bytes: Option<u64>,
    pub(super) threads: Option<u64>,
    pub(super) open_descriptors: Option<u64>,
    pub(super) descriptors_max: Option<u64>,
    /// Seconds since 1970.
    pub(super) began_at: Option<f64>,
}

impl Process {
    pub(super) fn read() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let descriptors = fs::read_dir("/proc/self/fd").ok();
        Self {
            // One of them is the one they are counted by.
            open_descriptors: descriptors.map(|entries| entries.count().saturating_sub(1) as u64),
            descriptors_max: getrlimit(Resource::Nofile).current,
            ..Self::of(&read("/proc/self/stat"), &read("/proc/stat"))
        }
    }

    /// Reads what Linux writes of a process and of itself.
    fn of(stat: &str, system: &str) -> Self {
        // The name of the process stands in brackets and may hold anything.
        let Some((_, after)) = stat.rsplit_once(')') else {
            return Self::default();
        };
        let fields: Vec<&str> = after.split_whitespace().collect();
        // Field 3, the state, is the first after the name: see proc(5).
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let ticks = clock_ticks_per_second() as f64;
        let booted = system.lines().find_map(|line| line.strip_prefix("btime "));
        let booted = booted.and_then(|seconds| seconds.trim().parse::<f64>().ok());
        let cpu = field(14).zip(field(15)).map(|(user, kernel)| user + kernel);
        Self {
            cpu_seconds: cpu.map(|spent| spent as f64 / ticks),
            threads: field(20),
            began_at: booted
                .zip(field(22))
                .map(|(booted, after)| booted + after as f64 / ticks),
            virtual_bytes: field(23),
            resident_bytes: field(24).map(|pages| pages * page_size() as u64),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_linux_is_read_whatever_the_name() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0 9 0 1000 4096000 7 0";
        let process = Process::of(stat, "cpu 1 2\nbtime 1700000000\n");
        let ticks = clock_ticks_per_second() as f64;
        assert_eq!(process.cpu_seconds, Some(400.0 / ticks));
        assert_eq!(process.threads, Some(9));
        assert_eq!(process.virtual_bytes, Some(4_096_000));
        assert_eq!(process.resident_bytes, Some(7 * page_size() as u64));
        assert_eq!(process.began_at, Some(1_700_000_000.0 + 1_000.0 / ticks));
    }

    #[test]
    fn nothing_is_made_up_where_the_system_says_nothing() {
        assert_eq!(Process::of("", ""), Process::default());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_threads_and_descriptors() {
        let process = Process::read();
        assert!(process.resident_bytes > Some(1 << 20));
        assert!(process.threads >= Some(1));
        assert!(process.open_descriptors >= Some(3));
        assert!(process.open_descriptors < process.descriptors_max);
        assert!(process.began_at > Some(1.7e9));
    }
}
