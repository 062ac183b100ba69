//! Makes the table of numbers that can be tried otherwise into types, and sets them by name.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::Tuning;

/// Names that are told to somebody who mistook one.
const NEAR: usize = 3;

/// One number of a [`Tuning`], for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knob {
    /// `endpoint.patience_ms`.
    pub path: &'static str,
    /// As it is now.
    pub value: String,
    /// The least and the most.
    pub bounds: (String, String),
    /// Whether it lies within them.
    pub within: bool,
    /// What it is for, and what breaks at another value.
    pub why: String,
}

/// Why a number was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    /// There is no such name.
    #[error("there is no `{path}`; near it are {}", near.join(", "))]
    Unknown {
        /// As it was written.
        path: String,
        /// What may have been meant.
        near: Vec<&'static str>,
    },
    /// It can not have this value.
    #[error("{path} must be from {least} to {most}, not `{value}`")]
    OutOfBounds {
        /// Which.
        path: &'static str,
        /// As it was written.
        value: String,
        /// What it can be.
        least: String,
        /// See there.
        most: String,
    },
}

impl Tuning {
    /// Gives the number of that name another value.
    ///
    /// # Errors
    /// Where there is no such name, or it can not have that value.
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), BadSetting> {
        self.put(path, value).unwrap_or_else(|| Err(BadSetting::Unknown { path: path.to_owned(), near: near(path) }))
    }
}

/// The names that are the fewest changes away; a right last part under a wrong group counts for little.
fn near(path: &str) -> Vec<&'static str> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let mut names: Vec<&str> = Tuning::DEFAULT.knobs().into_iter().map(|knob| knob.path).collect();
    names.sort_by_key(|name| changes(name, path).min(1 + changes(&last(name), &last(path))));
    names.truncate(NEAR);
    names
}

/// Letters to add, leave out or change to get from one to the other.
fn changes(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (done, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], done + 1);
        for (place, theirs) in other.iter().enumerate() {
            let changed = diagonal + usize::from(*theirs != letter);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

/// One number, with its bounds.
pub(super) fn knob<T: Display + PartialOrd>(
    path: &'static str,
    value: T,
    bounds: RangeInclusive<T>,
    why: &[&str],
) -> Knob {
    let within = bounds.contains(&value);
    let why = why.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    Knob { path, value: value.to_string(), bounds: (bounds.start().to_string(), bounds.end().to_string()), within, why }
}

/// Sets one number.
pub(super) fn put<T: Display + FromStr + PartialOrd>(
    number: &mut T,
    path: &'static str,
    value: &str,
    bounds: RangeInclusive<T>,
) -> Result<(), BadSetting> {
    match value.parse() {
        Ok(parsed) if bounds.contains(&parsed) => {
            *number = parsed;
            Ok(())
        }
        Ok(_) | Err(_) => Err(BadSetting::OutOfBounds {
            path,
            value: value.to_owned(),
            least: bounds.start().to_string(),
            most: bounds.end().to_string(),
        }),
    }
}

/// `group: Type { name: type = default, bounds; … }`, each with its reason, becomes a struct per group
/// and [`Tuning`] of them all.
macro_rules! tuning {
    ($(
        $(#[doc = $about:literal])+
        $group:ident: $Group:ident {
            $($(#[doc = $why:literal])+ $name:ident: $kind:ty = $default:expr, $bounds:expr;)+
        }
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
            #[serde(deny_unknown_fields, default)]
            pub struct $Group {
                $($(#[doc = $why])+ pub $name: $kind,)+
            }

            impl Default for $Group {
                fn default() -> Self {
                    Tuning::DEFAULT.$group
                }
            }
        )+

        /// What of turn-taking can be tried otherwise.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Tuning {
            $($(#[doc = $about])+ pub $group: $Group,)+
        }

        impl Tuning {
            /// As calls are held.
            pub const DEFAULT: Self = Self { $($group: $Group { $($name: $default,)+ },)+ };

            /// Every number there is.
            pub fn knobs(&self) -> Vec<super::Knob> {
                vec![$($(
                    super::tuning::knob(
                        concat!(stringify!($group), ".", stringify!($name)),
                        self.$group.$name,
                        $bounds,
                        &[$($why),+],
                    ),
                )+)+]
            }

            /// `None` where there is no such name.
            pub(super) fn put(&mut self, path: &str, value: &str) -> Option<Result<(), super::BadSetting>> {
                $($({
                    let known = concat!(stringify!($group), ".", stringify!($name));
                    if path == known {
                        return Some(super::tuning::put(&mut self.$group.$name, known, value, $bounds));
                    }
                })+)+
                None
            }
        }

        impl Default for Tuning {
            fn default() -> Self {
                Self::DEFAULT
            }
        }
    };
}
pub(super) use tuning;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::turn::Speculation;

    #[test]
    fn every_number_is_within_its_own_bounds_and_can_be_set_to_each_end_of_them() {
        let knobs = Tuning::DEFAULT.knobs();
        assert!(knobs.len() > 30 && knobs.iter().all(|knob| knob.within && !knob.why.is_empty()), "{knobs:?}");
        for knob in knobs {
            for value in [knob.bounds.0, knob.bounds.1, knob.value] {
                let mut tuning = Tuning::DEFAULT;
                assert_eq!(tuning.set(knob.path, &value), Ok(()));
                let now = tuning.knobs().into_iter().find(|known| known.path == knob.path).expect("still there");
                assert_eq!((now.value, now.within), (value, true), "{}", knob.path);
            }
        }
    }

    #[test]
    fn a_name_sets_its_own_number_and_no_other() {
        let mut tuning = Tuning::DEFAULT;
        tuning.set("endpoint.patience_ms", "400").expect("known");
        tuning.set("speculation.mode", "off").expect("known");
        let mut expected = Tuning::DEFAULT;
        expected.endpoint.patience_ms = 400;
        expected.speculation.mode = Speculation::Off;
        assert_eq!(tuning, expected);
    }

    #[test]
    fn a_name_nobody_knows_is_told_with_those_near_it() {
        for (wrong, right) in [
            ("endpoint.patience", "endpoint.patience_ms"),
            ("patience_ms", "endpoint.patience_ms"),
            ("hearing.patience_ms", "endpoint.patience_ms"),
            ("interruption.alarm_most", "interruption.alarms_most"),
            ("", "endpoint.most_ms"),
        ] {
            let error = Tuning::default().set(wrong, "400").expect_err("unknown");
            assert!(error.to_string().contains(right), "{error}");
        }
    }

    #[test]
    fn a_value_outside_of_the_bounds_changes_nothing_and_is_told_with_them() {
        for value in ["99", "5001", "-1", "soon", ""] {
            let mut tuning = Tuning::DEFAULT;
            let error = tuning.set("endpoint.patience_ms", value).expect_err("no such patience");
            let told = format!("endpoint.patience_ms must be from 100 to 5000, not `{value}`");
            assert_eq!((error.to_string(), tuning), (told, Tuning::DEFAULT));
        }
    }
}
