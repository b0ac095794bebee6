//! The promises that hold for every document, whatever the list.

use super::*;

const ROOT: Root = Root {
    name: "list",
    closing: "the closing </list>",
};

fn open(bytes: &[u8], limits: &Limits) -> Document {
    let file = InputFile::of_bytes("a.xml", bytes.to_vec());
    Document::open(file, Format::OfacXml, ROOT, limits).expect("opens")
}

/// Reads a document and writes its nodes down: `(list[a=1]'text')`.
fn read_within(bytes: &[u8], limits: &Limits) -> Result<String, ReadError> {
    let mut document = open(bytes, limits);
    let (mut seen, mut buffer) = (String::new(), Vec::new());
    while let Some(node) = document.next(&mut buffer)? {
        match node {
            Node::Start(element) => {
                seen.push('(');
                seen.push_str(element.name());
                if let Some(value) = document.attribute(&element, "a")? {
                    seen.push_str(&format!("[{value}]"));
                }
            }
            Node::Text(text) => seen.push_str(&text),
            Node::End => seen.push(')'),
        }
    }
    Ok(seen)
}

fn read(text: &str) -> Result<String, ReadError> {
    read_within(text.as_bytes(), &Limits::default())
}

#[test]
fn nodes_come_by_local_name_with_references_resolved() {
    let text = "\u{feff}<?xml version=\"1.0\"?>\n<!-- c -->\n<n:list xmlns:n='u' n:a='&lt;1'>\r\n\
                x&amp;&#66;<![CDATA[<&]]><!-- c --><b/><b a=\"2\"></b></n:list>\n<!-- d -->\n";
    assert_eq!(read(text).expect("is whole"), "(list[<1]\nx&B<&(b)(b[2]))");
}

#[test]
fn what_is_skipped_ends_where_its_element_ends() {
    let text = b"<list><a><b/><b>x</b>y</a><c/></list>";
    for (inner, rest) in [("a", "(c))"), ("b", "(b)y)(c))")] {
        let mut document = open(text, &Limits::default());
        let (mut seen, mut buffer, mut skipped) = (String::new(), Vec::new(), false);
        while let Some(node) = document.next(&mut buffer).expect("is whole") {
            match node {
                Node::Start(element) if element.name() == inner && !skipped => {
                    skipped = true;
                    document.skip(&mut buffer).expect("is whole");
                    seen.clear();
                }
                Node::Start(element) => seen.push_str(&format!("({}", element.name())),
                Node::Text(text) if inner == "b" && text == "y" => seen.push('y'),
                Node::Text(_) => {}
                Node::End => seen.push(')'),
            }
        }
        assert_eq!(seen, rest, "skipping {inner}");
    }
}

#[test]
fn skipping_refuses_what_reading_refuses() {
    let bomb = format!("<list>{}", "<x>".repeat(100));
    for text in [
        "<list><a>&bomb;</a></list>",
        "<list><a></b></list>",
        "<list><a b=1></a></list>",
        "<list><a>",
        "<list><!DOCTYPE a></list>",
        &bomb,
    ] {
        let mut document = open(text.as_bytes(), &Limits::default());
        let mut buffer = Vec::new();
        assert!(matches!(
            document.next(&mut buffer),
            Ok(Some(Node::Start(_)))
        ));
        let result = document.skip(&mut buffer);
        assert!(result.is_err(), "{text}");
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn a_cut_document_is_refused_wherever_it_is_cut() {
    let text = "<?xml version='1.0'?><list a='1'>x<b>é&amp;</b><![CDATA[y]]><!-- c --></list>";
    for cut in 0..text.len() {
        let result = read_within(&text.as_bytes()[..cut], &Limits::default());
        assert!(result.is_err(), "cut at {cut}: {result:?}");
    }
    assert!(read(text).is_ok());
}

#[test]
fn other_documents_are_refused_with_a_reason() {
    for (text, reason) in [
        ("", "holds no entries"),
        ("<html/>", "begins with <html>, not <list>"),
        ("<!DOCTYPE list><list/>", "DOCTYPE"),
        ("<list/><list/>", "outside the root"),
        ("<list/>x", "outside the root"),
        ("{}", "outside the root"),
        ("<list>&e;</list>", "unknown entity `&e;`"),
        ("<list a='&e;'/>", "not valid"),
        ("<list a='1' a='2'/>", "`a` is there twice"),
        ("<list><b></list>", "not valid"),
        ("<list>", "before the closing </list>"),
        ("<list", "before the end of a tag"),
    ] {
        let error = read(text).expect_err(text).to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    let error = read_within(b"<list>\xe9</list>", &Limits::default()).expect_err("is Latin-1");
    assert!(error.to_string().contains("not UTF-8"), "{error}");
}

#[test]
fn limits_hold_at_the_edge_and_one_past_it() {
    let limits = Limits {
        depth_max: 3,
        text_bytes_max: 100,
        attributes_max: 2,
        ..Limits::default()
    };
    let whole = |text: &str| read_within(text.as_bytes(), &limits).is_ok();
    assert!(whole("<list><a><a/></a></list>"));
    assert!(!whole("<list><a><a><a/></a></a></list>"));
    assert!(whole("<list x='1' y='2'/>"));
    assert!(!whole("<list x='1' y='2' z='3'/>"));
    for (bytes, is_whole) in [(100, true), (101, false), (10_000, false)] {
        let long = "x".repeat(bytes);
        assert_eq!(whole(&format!("<list>{long}</list>")), is_whole, "{bytes}");
        let text = format!("<list b='{long}'/>");
        assert!(!whole(&text), "a tag and its attribute, {bytes}");
    }
    let document = open(b"<list/>", &limits);
    let mut text = "x".repeat(60);
    assert!(document.append(&mut text, &"x".repeat(40)).is_ok());
    assert!(document.append(&mut text, "x").is_err());
}
