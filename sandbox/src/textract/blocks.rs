//! A page as Textract's blocks ("Text Detection and Document Analysis Response Objects"
//! in the developer guide).

use serde_json::{Value, json};
use uuid::Uuid;

use super::layout::{Area, Line, Page};

/// How sure Textract is of printed text, in percent.
const CONFIDENCE: f32 = 99.946_97;

/// The whole page.
const WHOLE: Area = Area {
    left: 0.0,
    top: 0.0,
    right: 1.0,
    bottom: 1.0,
};

/// The PAGE, then its LINEs, then their WORDs.
pub fn of(page: &Page) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut words = Vec::new();
    for line in &page.lines {
        let first = words.len();
        words.extend(line.words.iter().map(|word| {
            json!({
                "BlockType": "WORD",
                "Confidence": CONFIDENCE,
                "Geometry": geometry(word.place),
                "Id": id(),
                "Text": word.text,
                "TextType": "PRINTED",
            })
        }));
        lines.push(line_of(line, &words[first..]));
    }
    let page = json!({
        "BlockType": "PAGE",
        "Geometry": geometry(WHOLE),
        "Id": id(),
        "Relationships": children(&lines),
    });
    [vec![page], lines, words].concat()
}

fn line_of(line: &Line, words: &[Value]) -> Value {
    let texts: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
    let places = line.words.iter().map(|word| word.place);
    json!({
        "BlockType": "LINE",
        "Confidence": CONFIDENCE,
        "Geometry": geometry(places.reduce(Area::with).unwrap_or(WHOLE)),
        "Id": id(),
        "Relationships": children(words),
        "Text": texts.join(" "),
    })
}

fn id() -> String {
    Uuid::new_v4().to_string()
}

/// None where there are no children, as in an empty page.
fn children(blocks: &[Value]) -> Value {
    if blocks.is_empty() {
        return Value::Null;
    }
    let ids: Vec<&Value> = blocks.iter().map(|block| &block["Id"]).collect();
    json!([{ "Type": "CHILD", "Ids": ids }])
}

fn geometry(area: Area) -> Value {
    // Textract computes with single precision.
    let [left, top, right, bottom] =
        [area.left, area.top, area.right, area.bottom].map(|it| it.clamp(0.0, 1.0) as f32);
    json!({
        "BoundingBox": {
            "Height": bottom - top,
            "Left": left,
            "Top": top,
            "Width": right - left,
        },
        "Polygon": [
            { "X": left, "Y": top },
            { "X": right, "Y": top },
            { "X": right, "Y": bottom },
            { "X": left, "Y": bottom },
        ],
    })
}
