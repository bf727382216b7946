//! The one port: reads a request, finds out whose it is, and hands it on.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::Body;
use tokio::net::TcpListener;

use crate::account::Account;
use crate::error::ServiceError;
use crate::front_door;
use crate::lambda::{self, Lineage, runtime_api};
use crate::protocol::{json, query};
use crate::signature::{self, Authorization, Refused};
use crate::{cloudformation, ecr, iam, s3, sns, states, sts, textract};

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

/// Whose request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    S3,
    States,
    Logs,
    Textract,
    Lambda,
    Sns,
    Sts,
    Iam,
    CloudFormation,
    Ecr,
}

impl Service {
    /// By its name in a signature's credential scope.
    fn of_scope(name: &str) -> Option<Self> {
        Some(match name {
            "s3" | "s3express" => Self::S3,
            "states" => Self::States,
            "logs" => Self::Logs,
            "textract" => Self::Textract,
            "lambda" => Self::Lambda,
            "sns" => Self::Sns,
            "sts" => Self::Sts,
            "iam" => Self::Iam,
            "cloudformation" => Self::CloudFormation,
            "ecr" => Self::Ecr,
            _ => return None,
        })
    }

    /// The regions that a request may be signed for: services without a region, and the
    /// global endpoint of STS, are in `us-east-1`.
    fn regions(self, own: &str) -> Vec<&str> {
        match self {
            Self::Iam | Self::Sts => vec![own, "us-east-1"],
            _ => vec![own],
        }
    }

    /// By its looks, where nobody signed it: S3, unless it speaks another protocol.
    fn of_looks(headers: &HeaderMap, uri: &Uri) -> Self {
        match headers.get("x-amz-target").map(|target| target.as_bytes()) {
            Some(target) if target.starts_with(b"Logs_") => Self::Logs,
            Some(target) if target.starts_with(b"Textract.") => Self::Textract,
            Some(target) if target.starts_with(b"AmazonEC2ContainerRegistry_") => Self::Ecr,
            Some(_) => Self::States,
            None if has_form(headers) => Self::Sts,
            None if uri.path().starts_with("/2015-03-31/") => Self::Lambda,
            None => Self::S3,
        }
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
        Some(given) => Service::of_scope(&given.service),
        None => Some(Service::of_looks(headers, uri)),
    };
    if let Some(why) = front_door::refusal(headers, uri, service == Some(Service::S3)) {
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
        let name = authorization.map(|it| it.service).unwrap_or_default();
        return unknown_service(&name, headers).map(Body::from);
    };
    let lineage = match &authorization {
        Some(given) => account.lambda.turn(&given.access_key_id, peer).await,
        None => Lineage::default(),
    };
    let answer = answer_service(account, s3, service, authorization.as_ref(), request);
    let mut answer = lineage.leads_to(answer).await;
    let waiting = account.lambda.machine.waiting();
    if waiting > 0 {
        answer.headers_mut().insert(WAITING, waiting.into());
    }
    answer
}

async fn answer_service(
    account: &Arc<Account>,
    s3: &s3::Service,
    service: Service,
    authorization: Option<&Authorization>,
    request: Request<Incoming>,
) -> Response<Body> {
    if service == Service::S3 {
        return s3.call(request.map(Body::from)).await;
    }
    let (parts, body) = request.into_parts();
    let call = match read(body).await {
        Ok(body) => Call {
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
        },
        Err(why) => return why,
    };
    call.answer(account, service, authorization)
        .await
        .map(Body::from)
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
    } else if has_form(headers) {
        query::write(Err(error), "", "", &request_id)
    } else {
        lambda::api::refuse(&error)
    }
}

/// Whether a request speaks the query protocol.
fn has_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(|it| it.as_bytes());
    kind.is_some_and(|it| it.starts_with(b"application/x-www-form-urlencoded"))
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

/// A request to a service other than S3.
struct Call {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    async fn answer(
        self,
        account: &Arc<Account>,
        service: Service,
        authorization: Option<&Authorization>,
    ) -> Response<Bytes> {
        let caller = match authorization {
            None => Err(unsigned(service)),
            Some(authorization) => signature::verify(
                authorization,
                &self.method,
                &self.uri,
                &self.headers,
                &self.body,
                &account.iam,
                &service.regions(&account.region),
            )
            .map_err(|why| refused(service, &why)),
        };
        let request_id = uuid::Uuid::new_v4().to_string();
        match service {
            Service::States | Service::Logs | Service::Textract | Service::Ecr => {
                let result = async {
                    let json::Request { operation, input } = json::read(&self.headers, &self.body)?;
                    let caller = caller?;
                    match service {
                        Service::Ecr => ecr::call(account, &caller, &operation, &input),
                        Service::Logs => account.logs.call(account, &caller, &operation, &input),
                        Service::Textract => {
                            textract::call(account, &caller, &operation, &input).await
                        }
                        _ => states::call(account, &caller, &operation, &input).await,
                    }
                }
                .await;
                json::write(result, &self.headers, &request_id)
            }
            Service::Lambda => match caller {
                Ok(caller) => {
                    let Self {
                        method,
                        uri,
                        headers,
                        body,
                    } = self;
                    lambda::api::call(account, &caller, &method, &uri, &headers, body).await
                }
                Err(error) => lambda::api::refuse(&error),
            },
            Service::CloudFormation => {
                let params = query::read(&self.body);
                let action = params.action().to_owned();
                let (account, asked) = (account.clone(), action.clone());
                // It unfolds zips, and waits for the end of another operation.
                let answered = tokio::task::spawn_blocking(move || {
                    caller.and_then(|it| cloudformation::call(&account, &it, &asked, &params))
                });
                let result = answered.await.unwrap_or_else(|error| {
                    Err(ServiceError::new(500, "InternalFailure", error.to_string()))
                });
                let namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/";
                query::write(result, &action, namespace, &request_id)
            }
            Service::Sns | Service::Sts | Service::Iam | Service::S3 => {
                let params = query::read(&self.body);
                let action = params.action().to_owned();
                let result = caller.and_then(|caller| match service {
                    Service::Sns => sns::call(account, &caller, &action, &params),
                    Service::Iam => iam::call(account, &caller, &action, &params),
                    _ => sts::call(account, &caller, &action, &params),
                });
                let namespace = match service {
                    Service::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
                    Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
                    _ => "https://sts.amazonaws.com/doc/2011-06-15/",
                };
                query::write(result, &action, namespace, &request_id)
            }
        }
    }
}

/// What each protocol answers to a request without a signature.
fn unsigned(service: Service) -> ServiceError {
    match service {
        Service::States | Service::Logs | Service::Textract | Service::Ecr => {
            ServiceError::bad_request(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
        }
        Service::Lambda => ServiceError::new(
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        _ => ServiceError::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
    }
}

/// What each protocol answers to a request whose signature does not hold.
fn refused(service: Service, why: &Refused) -> ServiceError {
    let json = matches!(
        service,
        Service::States | Service::Logs | Service::Textract | Service::Ecr | Service::Lambda
    );
    let code = match (why, json) {
        (Refused::UnknownKey, true) => "UnrecognizedClientException",
        (Refused::UnknownKey, false) => "InvalidClientTokenId",
        (_, true) => "InvalidSignatureException",
        (_, false) => "SignatureDoesNotMatch",
    };
    let status = if json && service != Service::Lambda {
        400
    } else {
        403
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
