//! The one port: reads a request, finds out whose it is, and hands it on.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::Body;
use tokio::net::TcpListener;

use crate::account::Account;
use crate::activity::led_by;
use crate::error::ServiceError;
use crate::front_door;
use crate::lambda::{self, runtime_api};
use crate::protocol::{json, query};
use crate::s3;
use crate::services::{self, Protocol, Service};
use crate::signature::{self, Authorization, Refused};

/// The largest body outside S3, in bytes: more than any of these services takes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// The header that says how many events wait for a place on the machine. AWS has none: what
/// a caller waits for may be in that line.
const WAITING: &str = "x-sandbox-waiting";

/// How long a connection may take until all headers of a request are there.
const LONGEST_HEAD: Duration = Duration::from_secs(30);

/// Answers requests until it is dropped; connections end with the account.
pub async fn serve(listener: TcpListener, account: Arc<Account>) {
    let s3 = s3::service(account.clone());
    loop {
        // Too many open files, say: those that are open go on.
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (account_of_connection, s3) = (account.clone(), s3.clone());
        account.background.spawn(async move {
            let account = account_of_connection;
            let service = service_fn(move |request| {
                let (account, s3) = (account.clone(), s3.clone());
                async move { Ok::<_, Infallible>(answer(&account, &s3, peer, request).await) }
            });
            // An error is a client that went away.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(LONGEST_HEAD)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    account: &Arc<Account>,
    s3: &s3::Service,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Body> {
    let (headers, uri) = (request.headers(), request.uri());
    let authorization = Authorization::of(headers);
    let service = match &authorization {
        Some(given) => services::by_name(&given.service),
        None => services::by_looks(headers, uri),
    };
    let is_s3 = service.is_some_and(|it| matches!(it.protocol, Protocol::S3));
    if let Some(why) = front_door::refusal(headers, uri, is_s3) {
        return plain(StatusCode::FORBIDDEN, why);
    }
    if uri.path().starts_with(runtime_api::PREFIX) {
        let (parts, body) = request.into_parts();
        return match read(body).await {
            Ok(body) => account
                .lambda
                .runtime_api
                .call(&parts.method, parts.uri.path(), &parts.headers, body)
                .await
                .map(Body::from),
            Err(why) => why,
        };
    }
    let Some(service) = service else {
        let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok());
        let target = target.map(|it| it.split('.').next().unwrap_or(it).to_owned());
        let name = authorization.map(|it| it.service).or(target);
        let name = name.unwrap_or_default();
        return unknown_service(&name, headers).map(Body::from);
    };
    let (lineage, cause) = match &authorization {
        Some(given) => account.lambda.turn(&given.access_key_id, peer).await,
        None => Default::default(),
    };
    let answer = answer_service(account, s3, service, authorization.as_ref(), request);
    let mut answer = led_by(cause, lineage.leads_to(answer)).await;
    let waiting = account.lambda.machine.waiting();
    if waiting > 0 {
        answer.headers_mut().insert(WAITING, waiting.into());
    }
    answer
}

async fn answer_service(
    account: &Arc<Account>,
    s3: &s3::Service,
    service: &'static Service,
    authorization: Option<&Authorization>,
    request: Request<Incoming>,
) -> Response<Body> {
    if let Protocol::S3 = service.protocol {
        return s3.call(request.map(Body::from)).await;
    }
    let (parts, body) = request.into_parts();
    match read(body).await {
        Ok(body) => call(account, service, authorization, parts, body)
            .await
            .map(Body::from),
        Err(why) => why,
    }
}

/// Checks who asks, and lets the service answer, by its protocol.
async fn call(
    account: &Arc<Account>,
    service: &'static Service,
    authorization: Option<&Authorization>,
    parts: Parts,
    body: Bytes,
) -> Response<Bytes> {
    let protocol = &service.protocol;
    let caller = match authorization {
        None => Err(unsigned(protocol)),
        Some(authorization) => signature::verify(
            authorization,
            &parts.method,
            &parts.uri,
            &parts.headers,
            &body,
            &account.iam,
            &service.regions(&account.region),
        )
        .map_err(|why| refused(protocol, &why)),
    };
    let request_id = uuid::Uuid::new_v4().to_string();
    match protocol {
        // It has been answered before.
        Protocol::S3 => Response::default(),
        Protocol::Json {
            target,
            former,
            call,
        } => {
            let result = match json::read(&parts.headers, target, &body) {
                Ok(request) => match caller {
                    Ok(caller) => call(account, caller, request).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            let code = result.as_ref().err().map(|error| error.code.clone());
            let mut answer = json::write(result, &parts.headers, &request_id);
            if let Some((_, name)) = former.iter().find(|it| code.as_deref() == Some(it.0)) {
                crate::protocol::set(&mut answer, "x-amzn-query-error", &format!("{name};Sender"));
            }
            answer
        }
        Protocol::Rest { call, .. } => {
            let result = match caller {
                Ok(caller) => call(account, caller, parts, body).await,
                Err(error) => Err(error),
            };
            result.unwrap_or_else(|error| lambda::api::refuse(&error))
        }
        Protocol::Query { namespace, call } => {
            let params = query::read(&body);
            let action = params.action().to_owned();
            let result = match caller {
                Ok(caller) => call(account, caller, params).await,
                Err(error) => Err(error),
            };
            query::write(result, &action, namespace, &request_id)
        }
    }
}

/// The answer to a service that the sandbox does not have, in the shape that its
/// clients read: what a request looks like tells the protocol.
fn unknown_service(name: &str, headers: &HeaderMap) -> Response<Bytes> {
    let error = ServiceError::bad_request(
        "UnknownOperationException",
        format!("The sandbox does not have the service {name}."),
    );
    let request_id = uuid::Uuid::new_v4().to_string();
    if headers.contains_key("x-amz-target") {
        json::write(Err(error), headers, &request_id)
    } else if query::has_form(headers) {
        query::write(Err(error), "", "", &request_id)
    } else {
        lambda::api::refuse(&error)
    }
}

async fn read(body: Incoming) -> Result<Bytes, Response<Body>> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request's body is too large.",
        )),
        Err(error) => Err(plain(StatusCode::BAD_REQUEST, &error.to_string())),
    }
}

/// What each protocol answers to a request without a signature.
fn unsigned(protocol: &Protocol) -> ServiceError {
    let (status, code, text) = match protocol {
        Protocol::Json { .. } => (
            400,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        Protocol::Rest { .. } => (
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        Protocol::Query { .. } | Protocol::S3 => (
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
    };
    ServiceError::new(status, code, text)
}

/// What each protocol answers to a request whose signature does not hold.
fn refused(protocol: &Protocol, why: &Refused) -> ServiceError {
    let is_form = matches!(protocol, Protocol::Query { .. } | Protocol::S3);
    let code = match (why, is_form) {
        (Refused::UnknownKey, false) => "UnrecognizedClientException",
        (Refused::UnknownKey, true) => "InvalidClientTokenId",
        (_, false) => "InvalidSignatureException",
        (_, true) => "SignatureDoesNotMatch",
    };
    let status = match protocol {
        Protocol::Json { .. } => 400,
        Protocol::Rest { .. } | Protocol::Query { .. } | Protocol::S3 => 403,
    };
    ServiceError::new(status, code, why.to_string())
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
