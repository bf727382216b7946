//! Text to [`Intrinsic`].

use serde_json::{Number, Value};

use super::{Argument, Call, Function, Intrinsic};
use crate::path::{Cursor, Path, PathSyntaxError};

/// A text that is no intrinsic call.
pub(crate) type IntrinsicSyntaxError = PathSyntaxError;

/// How deep calls may nest (developer guide: "You can nest up to 10 intrinsic
/// functions").
const MAX_DEPTH: usize = 10;

pub(super) fn parse(text: &str) -> Result<Intrinsic, IntrinsicSyntaxError> {
    let mut cursor = Cursor::new(text);
    cursor.skip_space();
    let call = call(&mut cursor, 1)?;
    cursor.skip_space();
    if cursor.rest().is_empty() {
        Ok(Intrinsic {
            text: text.to_owned(),
            call,
        })
    } else {
        Err(cursor.error("unexpected character"))
    }
}

fn call(cursor: &mut Cursor<'_>, depth: usize) -> Result<Call, IntrinsicSyntaxError> {
    if depth > MAX_DEPTH {
        return Err(cursor.error("intrinsic functions nest too deeply"));
    }
    if !cursor.take("States.") {
        return Err(cursor.error("an intrinsic function's name begins with 'States.'"));
    }
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric());
    let Some(function) = Function::named(name) else {
        return Err(cursor.error("unknown intrinsic function"));
    };
    cursor.skip_space();
    if !cursor.take("(") {
        return Err(cursor.error("'(' is missing"));
    }
    let mut arguments = Vec::new();
    cursor.skip_space();
    if !cursor.take(")") {
        loop {
            cursor.skip_space();
            arguments.push(argument(cursor, depth)?);
            cursor.skip_space();
            if cursor.take(")") {
                break;
            }
            if !cursor.take(",") {
                return Err(cursor.error("',' or ')' is missing"));
            }
        }
    }
    let (least, most) = function.arity();
    if arguments.len() < least || arguments.len() > most {
        return Err(cursor.error("wrong number of arguments"));
    }
    Ok(Call {
        function,
        arguments,
    })
}

fn argument(cursor: &mut Cursor<'_>, depth: usize) -> Result<Argument, IntrinsicSyntaxError> {
    match cursor.peek() {
        Some('$') => Path::parse_at(cursor).map(Argument::Path),
        Some('S') => call(cursor, depth + 1).map(Argument::Call),
        Some('\'') => quoted(cursor).map(|text| Argument::Literal(Value::String(text))),
        _ => literal(cursor).map(Argument::Literal),
    }
}

/// A text in single quotes. `\'`, `\{`, `\}` and `\\` stand for the character
/// after the backslash; braces keep their backslash, as `States.Format` tells
/// them from placeholders by it.
fn quoted(cursor: &mut Cursor<'_>) -> Result<String, IntrinsicSyntaxError> {
    let mut text = String::new();
    let mut escaped = false;
    let rest = cursor.rest();
    for (offset, c) in rest.char_indices().skip(1) {
        if escaped {
            match c {
                '\'' => text.push('\''),
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                other => {
                    text.push('\\');
                    text.push(other);
                }
            }
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == '\'' {
            cursor.advance(offset + 1);
            return Ok(text);
        } else {
            text.push(c);
        }
    }
    Err(cursor.error("the closing quote is missing"))
}

fn literal(cursor: &mut Cursor<'_>) -> Result<Value, IntrinsicSyntaxError> {
    let word = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    match word {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "null" => Ok(Value::Null),
        number => number
            .parse::<Number>()
            .map(Value::Number)
            .map_err(|_| cursor.error("an argument is missing")),
    }
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Array" => Self::Array,
            "ArrayContains" => Self::ArrayContains,
            "ArrayGetItem" => Self::ArrayGetItem,
            "ArrayLength" => Self::ArrayLength,
            "ArrayPartition" => Self::ArrayPartition,
            "ArrayRange" => Self::ArrayRange,
            "ArrayUnique" => Self::ArrayUnique,
            "Base64Decode" => Self::Base64Decode,
            "Base64Encode" => Self::Base64Encode,
            "Format" => Self::Format,
            "Hash" => Self::Hash,
            "JsonMerge" => Self::JsonMerge,
            "JsonToString" => Self::JsonToString,
            "MathAdd" => Self::MathAdd,
            "MathRandom" => Self::MathRandom,
            "StringSplit" => Self::StringSplit,
            "StringToJson" => Self::StringToJson,
            "UUID" => Self::Uuid,
            _ => return None,
        })
    }

    /// The least and the most arguments.
    fn arity(self) -> (usize, usize) {
        match self {
            Self::Array => (0, usize::MAX),
            Self::Format => (1, usize::MAX),
            Self::ArrayRange | Self::JsonMerge => (3, 3),
            Self::ArrayContains
            | Self::ArrayGetItem
            | Self::ArrayPartition
            | Self::Hash
            | Self::MathAdd
            | Self::StringSplit => (2, 2),
            Self::MathRandom => (2, 3),
            Self::ArrayLength
            | Self::ArrayUnique
            | Self::Base64Decode
            | Self::Base64Encode
            | Self::JsonToString
            | Self::StringToJson => (1, 1),
            Self::Uuid => (0, 0),
        }
    }
}
