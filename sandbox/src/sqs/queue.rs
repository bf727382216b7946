//! A queue: its messages, which of them are seen, and what becomes of those that nobody deletes.

use std::collections::VecDeque;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use super::attributes::Attributes;

/// A message in a queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// For people and logs; receipts name it otherwise.
    pub id: String,
    /// Its text.
    pub body: String,
    /// What its sender says besides, as it was given.
    pub attributes: Map<String, Value>,
    /// The id of who sent it.
    pub sender: String,
    /// In milliseconds since 1970.
    pub sent: i64,
    /// When it can be received next, in milliseconds since 1970.
    visible_at: i64,
    /// How often it was received.
    receives: u32,
    first_received: Option<i64>,
    /// By which it is deleted: that of the last time that it was received.
    receipt: Option<String>,
}

impl Message {
    /// One that is sent now.
    pub fn new(body: String, attributes: Map<String, Value>, sender: String, now: i64) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            body,
            attributes,
            sender,
            sent: now,
            visible_at: now,
            receives: 0,
            first_received: None,
            receipt: None,
        }
    }

    /// As it comes into a dead-letter queue: seen at once, and as old as it is.
    pub fn alive(mut self) -> Self {
        self.visible_at = self.sent;
        self.receives = 0;
        self.receipt = None;
        self
    }

    /// The sum of its text, by which senders see that it came as it was sent.
    pub fn md5(&self) -> String {
        hex(&Md5::digest(self.body.as_bytes()))
    }

    /// What SQS itself says of it.
    fn system(&self, name: &str) -> Option<String> {
        Some(match name {
            "SenderId" => self.sender.clone(),
            "SentTimestamp" => self.sent.to_string(),
            "ApproximateReceiveCount" => self.receives.to_string(),
            "ApproximateFirstReceiveTimestamp" => self.first_received?.to_string(),
            _ => return None,
        })
    }

    /// As it is received: with those of SQS's own attributes and of the sender's that are asked
    /// for.
    pub fn shown(&self, system: &[String], own: &[String]) -> Value {
        let mut shown = json!({
            "MessageId": self.id,
            "ReceiptHandle": self.receipt,
            "MD5OfBody": self.md5(),
            "Body": self.body,
        });
        let all = SYSTEM.map(str::to_owned);
        let names = match system.iter().any(|it| it == "All") {
            true => &all[..],
            false => system,
        };
        let said: Map<String, Value> = names
            .iter()
            .filter_map(|name| Some((name.clone(), self.system(name)?.into())))
            .collect();
        if !said.is_empty() {
            shown["Attributes"] = said.into();
        }
        let is_wanted = |name: &str| {
            own.iter().any(|wanted| match wanted.strip_suffix(".*") {
                Some(begin) => name.starts_with(begin),
                None => wanted == "All" || wanted == name,
            })
        };
        let said: Map<String, Value> = self
            .attributes
            .iter()
            .filter(|(name, _)| is_wanted(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !said.is_empty() {
            shown["MD5OfMessageAttributes"] = md5_of_attributes(&said).into();
            shown["MessageAttributes"] = said.into();
        }
        shown
    }
}

/// SQS's own attributes of a message ("ReceiveMessage" in the SQS API Reference).
pub const SYSTEM: [&str; 4] = [
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "SenderId",
    "SentTimestamp",
];

/// A queue.
#[derive(Debug)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// What is set of it.
    pub attributes: Attributes,
    /// When it was made and changed, in seconds since 1970.
    pub created: i64,
    /// The same of its last change.
    pub modified: i64,
    messages: VecDeque<Message>,
}

/// How many messages there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that can be received.
    pub visible: usize,
    /// Those that were received, and neither deleted nor seen again yet.
    pub in_flight: usize,
    /// Those whose delay has not passed.
    pub delayed: usize,
}

impl Queue {
    /// A queue without messages.
    pub fn new(name: &str, attributes: Attributes, now: i64) -> Self {
        Self {
            name: name.to_owned(),
            attributes,
            created: now / 1000,
            modified: now / 1000,
            messages: VecDeque::new(),
        }
    }

    /// Takes a message, which is seen after so many seconds.
    pub fn send(&mut self, mut message: Message, delay: i64) {
        message.visible_at += delay * 1000;
        self.messages.push_back(message);
    }

    /// Hands out at most `most` messages, which nobody else sees for so many seconds; and those
    /// that were received too often, which belong into the dead-letter queue.
    pub fn receive(&mut self, most: usize, hidden: i64, now: i64) -> (Vec<Message>, Vec<Message>) {
        self.forget(now);
        let limit = self.attributes.redrive().map(|it| it.max_receives);
        let (mut received, mut dead) = (Vec::new(), Vec::new());
        let mut kept = VecDeque::with_capacity(self.messages.len());
        for mut message in std::mem::take(&mut self.messages) {
            if message.visible_at > now || received.len() == most {
                kept.push_back(message);
            } else if limit.is_some_and(|limit| message.receives >= limit) {
                dead.push(message);
            } else {
                message.receives += 1;
                message.first_received.get_or_insert(now);
                message.receipt = Some(uuid::Uuid::new_v4().to_string());
                message.visible_at = now + hidden * 1000;
                received.push(message.clone());
                kept.push_back(message);
            }
        }
        self.messages = kept;
        (received, dead)
    }

    /// Deletes the message of a receipt; says whether there is one.
    pub fn delete(&mut self, receipt: &str) -> bool {
        let before = self.messages.len();
        self.messages
            .retain(|it| it.receipt.as_deref() != Some(receipt));
        self.messages.len() < before
    }

    /// Hides the message of a receipt for so many seconds from now on; says whether there is one.
    pub fn hide(&mut self, receipt: &str, seconds: i64, now: i64) -> bool {
        let mut messages = self.messages.iter_mut();
        let found = messages.find(|it| it.receipt.as_deref() == Some(receipt));
        let is_there = found.is_some();
        if let Some(message) = found {
            message.visible_at = now + seconds * 1000;
        }
        is_there
    }

    /// When the next message can be seen, in milliseconds since 1970.
    pub fn next_visible(&self) -> Option<i64> {
        self.messages.iter().map(|it| it.visible_at).min()
    }

    /// How many messages there are.
    pub fn counts(&mut self, now: i64) -> Counts {
        self.forget(now);
        let mut counts = Counts::default();
        for message in &self.messages {
            match (message.visible_at > now, message.receives) {
                (false, _) => counts.visible += 1,
                (true, 0) => counts.delayed += 1,
                (true, _) => counts.in_flight += 1,
            }
        }
        counts
    }

    /// Deletes all messages.
    pub fn purge(&mut self) {
        self.messages.clear();
    }

    /// Messages do not stay for ever.
    fn forget(&mut self, now: i64) {
        let oldest = now - self.attributes.retention() * 1000;
        self.messages.retain(|it| it.sent >= oldest);
    }
}

/// The sum of a message's attributes, as SDKs calculate it ("Calculating the MD5 message digest
/// for message attributes" in the SQS Developer Guide).
pub fn md5_of_attributes(attributes: &Map<String, Value>) -> String {
    let mut sum = Md5::new();
    let mut sorted: Vec<(&String, &Value)> = attributes.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    for (name, value) in sorted {
        let kind = value["DataType"].as_str().unwrap_or_default();
        add(&mut sum, name.as_bytes());
        add(&mut sum, kind.as_bytes());
        // How the value travels: as text, or as bytes.
        match value["BinaryValue"].as_str() {
            Some(encoded) => {
                sum.update([2]);
                let bytes = BASE64_STANDARD.decode(encoded).unwrap_or_default();
                add(&mut sum, &bytes);
            }
            None => {
                sum.update([1]);
                let text = value["StringValue"].as_str().unwrap_or_default();
                add(&mut sum, text.as_bytes());
            }
        }
    }
    hex(&sum.finalize())
}

/// Length and bytes.
fn add(sum: &mut Md5, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    sum.update(length.to_be_bytes());
    sum.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
