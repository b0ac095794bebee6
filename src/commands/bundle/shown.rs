//! Bundles in words, for people and for machines.

use serde_json::{Value, json};

use crate::bundle::{BundleKind, BundleSource, Manifest};
use crate::commands::table::table;

pub(super) fn manifest_text(manifest: &Manifest) -> String {
    let what = match manifest.kind {
        BundleKind::Source => "one source",
        BundleKind::Generation => "every source",
    };
    let previous = manifest
        .previous
        .map_or_else(|| "none named".to_owned(), |digest| digest.to_string());
    format!(
        "{what} of generation {} ({})\n  origin   {}\n  made     {}\n  expires  {}\n  entries  {}\n  manifest {}\n  previous {previous}\n",
        manifest.sequence,
        manifest.generation_digest,
        manifest.origin,
        manifest.created_at,
        manifest.expires_at,
        manifest.entries(),
        manifest.digest(),
    )
}

pub(super) fn sources_text(manifest: &Manifest) -> String {
    let rows = manifest.sources.iter().map(|source| {
        [
            source.id.to_string(),
            source.tier.to_string(),
            source.entries.to_string(),
            source
                .published_on
                .map_or_else(|| "-".to_owned(), |day| day.to_string()),
            source.retrieved_at.to_string(),
            notes(source),
        ]
    });
    let headings = ["source", "tier", "entries", "published", "retrieved", ""];
    table(headings, rows)
}

fn notes(source: &BundleSource) -> String {
    let notes = [
        source.bundled.then_some("starter set"),
        source.incomplete.then_some("incomplete"),
    ];
    notes.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn manifest_json(manifest: &Manifest) -> Value {
    json!({
        "manifest": serde_json::to_value(manifest).unwrap_or_default(),
        "manifest_digest": manifest.digest().to_string(),
        "entries": manifest.entries(),
    })
}
