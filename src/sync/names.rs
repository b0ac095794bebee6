//! Names of kept files, made from URLs and paths that somebody else chose.

/// Longest name; the rest of a longer one is cut off.
const NAME_BYTES_MAX: usize = 100;

/// Makes a name safe: letters, digits, `-`, `_` and inner dots.
pub(super) fn plain_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '_'
        }
    };
    let name: String = name.trim_start_matches('.').chars().map(plain).collect();
    let name: String = name.chars().take(NAME_BYTES_MAX).collect();
    if name.is_empty() {
        "list".to_owned()
    } else {
        name
    }
}

/// Makes a name safe and different from others, in any case: not every file
/// system tells `a` from `A`.
pub(super) fn free_name<'a>(name: &str, taken: impl IntoIterator<Item = &'a str>) -> String {
    let taken: Vec<&str> = taken.into_iter().collect();
    let plain = plain_name(name);
    let is_taken = |name: &str| taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    let mut free = plain.clone();
    let mut number = 2_u32;
    while is_taken(&free) {
        free = format!("{number}_{plain}");
        number += 1;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere_are_never_paths() {
        for (name, plain) in [
            ("SDN.XML", "SDN.XML"),
            ("", "list"),
            ("..", "list"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a/b\\c\0d", "a_b_c_d"),
            ("צו", "__"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
        assert_eq!(plain_name(&"x".repeat(1000)).len(), NAME_BYTES_MAX);
    }

    #[test]
    fn names_that_clash_get_a_number() {
        assert_eq!(free_name("SDN.XML", []), "SDN.XML");
        assert_eq!(free_name("SDN.XML", ["sdn.xml"]), "2_SDN.XML");
        assert_eq!(free_name("a", ["a", "2_a", "b"]), "3_a");
    }
}
