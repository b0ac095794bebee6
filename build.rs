//! Generates the API and the storage rows from `proto/`, without protoc, and
//! keeps the descriptors so that the server can offer reflection. Lists the
//! console's files, which become part of the program.

use std::path::{Path, PathBuf};
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    println!("cargo::rerun-if-changed=src/console");
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);

    let mut files: Vec<PathBuf> = fs::read_dir("proto/interdict/v1")?
        .map(|file| file.map(|file| PathBuf::from("interdict/v1").join(file.file_name())))
        .collect::<Result<_, _>>()?;
    files.sort();
    let api = protox::compile(files, ["proto"])?;
    console(&out_dir)?;
    fs::write(out_dir.join("interdict_v1.bin"), encoded(&api))?;
    tonic_prost_build::configure().compile_fds(api)?;

    // What is kept on disk: no services. It is read far more often than
    // written, so bytes are slices of what was read and not copies per field.
    for (files, package) in [
        (
            &[
                "interdict/store/v1/rows.proto",
                "interdict/store/v1/book.proto",
            ][..],
            ".interdict.store.v1",
        ),
        (
            &["interdict/audit/v1/record.proto"][..],
            ".interdict.audit.v1",
        ),
    ] {
        let kept = protox::compile(files, ["proto"])?;
        tonic_prost_build::configure()
            .build_client(false)
            .build_server(false)
            .bytes(package)
            .compile_fds(kept)?;
    }
    Ok(())
}

/// Writes a list of the console's files that includes each of them.
fn console(out_dir: &Path) -> Result<(), Box<dyn error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("src/console");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    let mut list = "&[\n".to_owned();
    for path in files {
        let name = path.strip_prefix(&root)?.display().to_string();
        // The folder is left to the compiler: where checkouts share what they
        // build, this list may have been written in another one.
        list += &format!(
            "    ({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src/console/\", {name:?})) as &[u8]),\n",
        );
    }
    fs::write(out_dir.join("console.rs"), list + "]\n")?;
    Ok(())
}

fn encoded(descriptors: &impl protox::prost::Message) -> Vec<u8> {
    descriptors.encode_to_vec()
}
