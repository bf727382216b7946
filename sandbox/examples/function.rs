//! A Lambda function that speaks the Runtime API by hand, for the sandbox's tests:
//! what it does is its handler's name.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

fn main() -> io::Result<()> {
    let variable = |name: &str| std::env::var(name).map_err(io::Error::other);
    let api = Api::at(&variable("AWS_LAMBDA_RUNTIME_API")?)?;
    let handler = variable("_HANDLER")?;
    match handler.as_str() {
        "exits-at-start" => {
            println!("no configuration");
            std::process::exit(3);
        }
        "cannot-start" => {
            let error = r#"{"errorType":"NoSettings","errorMessage":"no settings"}"#;
            api.call("POST", "init/error", error)?;
            std::process::exit(1);
        }
        _ => {}
    }
    let mut left = None;
    for count in 1.. {
        let event = api.call("GET", "invocation/next", "")?;
        let id = event
            .headers
            .get("lambda-runtime-aws-request-id")
            .cloned()
            .unwrap_or_default();
        println!("event {id}");
        match handler.as_str() {
            "fails" => {
                let error = r#"{"errorType":"TooLate","errorMessage":"it is too late"}"#;
                api.call("POST", &format!("invocation/{id}/error"), error)?;
            }
            "exits" => std::process::exit(4),
            // What it has started would go on for an hour.
            "leaves-a-child" => {
                std::process::Command::new("sleep").arg("3600").spawn()?;
                std::process::exit(5);
            }
            "floods-in-long-lines" => {
                let line = "on".repeat(100_000);
                for _ in 0..100 {
                    println!("{line}");
                }
                api.call("POST", &format!("invocation/{id}/response"), "null")?;
            }
            "aborts" => std::process::abort(),
            "hangs" => loop {
                std::thread::park();
            },
            "floods" => {
                for _ in 0..100_000 {
                    println!("and on it goes");
                }
                api.call("POST", &format!("invocation/{id}/response"), "null")?;
            }
            // The event is the path of a file that says when to go on.
            "waits" => {
                let path = event.body.trim_matches('"').to_owned();
                println!("waiting");
                while !Path::new(&path).exists() {
                    std::thread::sleep(Duration::from_millis(2));
                }
                api.call(
                    "POST",
                    &format!("invocation/{id}/response"),
                    &process(count),
                )?;
            }
            // It answers its first event without waiting for the call, and waits with the second.
            "leaves-a-call" => {
                let before = left.take();
                if let Some(call) = before {
                    let called: std::thread::Result<_> = std::thread::JoinHandle::join(call);
                    called.map_err(|_| io::Error::other("the call panicked"))??;
                } else {
                    left = Some(std::thread::spawn(invoke_echo));
                }
                api.call(
                    "POST",
                    &format!("invocation/{id}/response"),
                    &process(count),
                )?;
            }
            // It takes 200 MB, and has them.
            "needs-memory" => {
                let taken = vec![1_u8; 200_000_000];
                let length = std::hint::black_box(&taken).len().to_string();
                std::thread::sleep(Duration::from_secs(30));
                api.call("POST", &format!("invocation/{id}/response"), &length)?;
            }
            // It hands its event on to itself.
            "invokes-itself" => {
                let event = event.body.clone();
                invoke("invokes-itself", "Event", &event)?;
                api.call("POST", &format!("invocation/{id}/response"), "null")?;
            }
            // It asks for an event while it has one; says what it is told.
            "asks-too-soon" => {
                let told = match api.call("GET", "invocation/next", "") {
                    Ok(_) => "an event".to_owned(),
                    Err(error) => error.to_string(),
                };
                let told = format!("{:?}", told.trim());
                api.call("POST", &format!("invocation/{id}/response"), &told)?;
            }
            _ => {
                api.call(
                    "POST",
                    &format!("invocation/{id}/response"),
                    &facts(count, &event),
                )?;
            }
        }
    }
    Ok(())
}

/// Invokes the function `echo` in the background.
fn invoke_echo() -> io::Result<()> {
    invoke("echo", "Event", "{}")
}

/// Invokes a function, with the keys of this one.
fn invoke(function: &str, kind: &str, event: &str) -> io::Result<()> {
    let variable = |name: &str| std::env::var(name).map_err(io::Error::other);
    let endpoint = variable("AWS_ENDPOINT_URL")?;
    let identity = Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        Some(variable("AWS_SESSION_TOKEN")?),
        None,
        "environment",
    );
    let identity = identity.into();
    let region = variable("AWS_REGION")?;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&region)
        .name("lambda")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(io::Error::other)?;
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let url = format!("{endpoint}{path}");
    let headers = [("x-amz-invocation-type", kind)];
    let body = SignableBody::Bytes(event.as_bytes());
    let request = SignableRequest::new("POST", &url, headers.into_iter(), body);
    let request = request.map_err(io::Error::other)?;
    let signed = sign(request, &parameters.into()).map_err(io::Error::other)?;
    let (signed, _) = signed.into_parts();
    let address = endpoint.trim_start_matches("http://");
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nx-amz-invocation-type: {kind}\r\n\
         content-length: {}\r\nconnection: close\r\n",
        event.len()
    );
    for (name, value) in signed.headers() {
        head += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "{head}\r\n{event}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.contains(" 202 ") {
        true => Ok(()),
        false => Err(io::Error::other(answer)),
    }
}

/// Which process this is, and how many events it has had.
fn process(count: usize) -> String {
    format!(r#"{{"process":{},"count":{count}}}"#, std::process::id())
}

/// All that the function sees, as JSON.
fn facts(count: usize, event: &Answer) -> String {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    format!(
        r#"{{"event":{},"headers":{},"environment":{},"process":{}}}"#,
        event.body,
        object(&event.headers),
        object(&environment),
        process(count)
    )
}

fn object(map: &BTreeMap<String, String>) -> String {
    let pairs = map
        .iter()
        .map(|(name, value)| format!("{name:?}:{value:?}"));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// The Runtime API's address.
struct Api {
    address: String,
    path: String,
}

struct Answer {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Api {
    fn at(url: &str) -> io::Result<Self> {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let (address, path) = rest
            .split_once('/')
            .ok_or_else(|| io::Error::other("no path"))?;
        Ok(Self {
            address: address.to_owned(),
            path: path.to_owned(),
        })
    }

    fn call(&self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "{method} /{}/2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            self.path,
            self.address,
            body.len()
        )?;
        let mut reader = BufReader::new(stream);
        let mut headers = BTreeMap::new();
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if !line.contains(" 20") {
            return Err(io::Error::other(format!("refused: {line}")));
        }
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = String::new();
        reader.read_to_string(&mut body)?;
        Ok(Answer { headers, body })
    }
}
