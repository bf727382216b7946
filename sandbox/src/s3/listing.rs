//! Pages of keys, as `ListObjects`, `ListObjectsV2` and their kin give them.

/// What a page is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// Keys that share what stands before it, after the prefix, become one entry.
    pub delimiter: Option<&'a str>,
    /// Where the page before ended: a key, or a common prefix.
    pub after: &'a str,
    /// The most entries, keys and common prefixes together.
    pub limit: usize,
}

/// One entry of a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry<'a, T> {
    /// A key and what is under it.
    Item(&'a str, T),
    /// A common prefix.
    Prefix(&'a str),
}

impl<'a, T> Entry<'a, T> {
    /// The key, or the common prefix.
    pub fn name(&self) -> &'a str {
        match self {
            Self::Item(name, _) | Self::Prefix(name) => name,
        }
    }
}

/// Some entries, in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<'a, T> {
    /// In order.
    pub entries: Vec<Entry<'a, T>>,
    /// Whether more follow.
    pub truncated: bool,
}

impl<'a, T> Page<'a, T> {
    /// Fills a page from items in the order of their keys, from the first that
    /// comes after `query.after`.
    pub fn fill(items: impl Iterator<Item = (&'a str, T)>, query: &Query<'_>) -> Self {
        let mut page = Self {
            entries: Vec::new(),
            truncated: false,
        };
        for (key, item) in items {
            let Some(rest) = key.strip_prefix(query.prefix) else {
                continue;
            };
            let common = query
                .delimiter
                .filter(|delimiter| !delimiter.is_empty())
                .and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()))
                .and_then(|end| key.get(..query.prefix.len() + end));
            let entry = match common {
                // Its other keys stood on the page before, or just now.
                Some(common) if common == query.after => continue,
                Some(common) if page.entries.last().is_some_and(|it| it.name() == common) => {
                    continue;
                }
                Some(common) => Entry::Prefix(common),
                None => Entry::Item(key, item),
            };
            if page.entries.len() == query.limit {
                // A page of no entries is whole: there would be no place to go on from.
                page.truncated = query.limit > 0;
                break;
            }
            page.entries.push(entry);
        }
        page
    }

    /// Where the next page begins, if there is one.
    pub fn next(&self) -> Option<&'a str> {
        self.entries
            .last()
            .filter(|_| self.truncated)
            .map(Entry::name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    use super::*;

    fn names(keys: &[&str], prefix: &str, delimiter: &str, after: &str, limit: usize) -> String {
        let query = Query {
            prefix,
            delimiter: Some(delimiter),
            after,
            limit,
        };
        let keys: BTreeSet<&str> = keys.iter().copied().collect();
        let items = keys
            .into_iter()
            .filter(|key| *key > after)
            .map(|key| (key, ()));
        let page = Page::fill(items, &query);
        let names: Vec<_> = page.entries.iter().map(Entry::name).collect();
        format!(
            "{}{}",
            names.join(" "),
            if page.truncated { " ..." } else { "" }
        )
    }

    #[test]
    fn pages() {
        let keys = ["a/1", "a/2", "a/b/3", "b", "c/4", "d"];
        for (prefix, delimiter, after, limit, expected) in [
            ("", "", "", 9, "a/1 a/2 a/b/3 b c/4 d"),
            ("", "/", "", 9, "a/ b c/ d"),
            ("", "/", "", 2, "a/ b ..."),
            ("", "/", "", 1, "a/ ..."),
            ("", "/", "a/", 2, "b c/ ..."),
            ("", "/", "c/", 2, "d"),
            ("", "/", "a/1", 9, "a/ b c/ d"),
            ("a/", "/", "", 9, "a/1 a/2 a/b/"),
            ("a/", "/", "a/2", 1, "a/b/"),
            ("a/", "", "", 2, "a/1 a/2 ..."),
            ("x", "/", "", 9, ""),
            ("", "", "", 0, ""),
            ("", "", "d", 9, ""),
        ] {
            assert_eq!(
                names(&keys, prefix, delimiter, after, limit),
                expected,
                "{prefix:?} {delimiter:?} {after:?} {limit}"
            );
        }
    }

    proptest! {
        /// Going through all pages gives each entry once, whatever the page's size.
        #[test]
        fn all_pages_together(
            keys in proptest::collection::btree_set("[ab/ë]{1,6}", 0..30),
            prefix in "[ab/]{0,2}",
            delimiter in "/?",
            limit in 1_usize..5,
        ) {
            let list = |after: &str, limit| {
                let query = Query { prefix: &prefix, delimiter: Some(&delimiter), after, limit };
                let items = keys.iter().map(|key| (key.as_str(), ())).filter(|(key, ())| *key > after);
                let page = Page::fill(items, &query);
                let names: Vec<_> = page.entries.iter().map(|it| it.name().to_owned()).collect();
                (names, page.next().map(str::to_owned))
            };
            let mut seen = Vec::new();
            let mut after = Some(String::new());
            while let Some(start) = after {
                let (names, next) = list(&start, limit);
                seen.extend(names);
                after = next;
            }
            prop_assert_eq!(seen, list("", usize::MAX).0);
        }
    }
}
