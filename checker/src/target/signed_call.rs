//! Calls of services of which the checker needs one operation only: signed as all calls to AWS
//! are, without a client of their own, which would take longer to compile than all the checker.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use tokio::time::timeout;

/// How long one call may take, its retries included: longer than a function may run.
const LIMIT: Duration = Duration::from_secs(60);

/// How often a call is tried that was refused because there were too many.
const MOST_TRIES: u32 = 8;

/// Who signs, and where to.
#[derive(Debug)]
pub struct SignedCalls {
    connector: Connector,
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    endpoint: Option<String>,
}

/// What a service answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The value of the header `x-amz-function-error`.
    pub function_error: Option<String>,
    /// The body, as far as it is text.
    pub body: String,
}

impl SignedCalls {
    /// With the region, credentials and endpoint of `config`.
    pub fn of(config: &SdkConfig) -> Self {
        let builder = Connector::builder();
        let endpoint = config.endpoint_url().map(str::to_owned);
        let is_plain = endpoint
            .as_deref()
            .is_some_and(|it| it.starts_with("http:"));
        Self {
            connector: if is_plain {
                builder.build_http()
            } else {
                builder
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build()
            },
            credentials: config.credentials_provider(),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            endpoint,
        }
    }

    /// Posts a body, again where the service asks for fewer calls. What was sent and had no
    /// answer is not sent again: it may have had its effect.
    ///
    /// # Errors
    ///
    /// Says why there is no answer.
    pub async fn post(
        &self,
        service: &'static str,
        path: &str,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) -> Result<Answer, String> {
        let all = async {
            let mut tries = 0;
            loop {
                let answer = self.post_once(service, path, headers, body).await?;
                tries += 1;
                if answer.status != 429 || tries == MOST_TRIES {
                    return Ok(answer);
                }
                let pause = Duration::from_millis(100 << tries);
                tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
            }
        };
        let in_time = timeout(LIMIT, all).await;
        in_time.unwrap_or_else(|_| Err(format!("no answer in {} s", LIMIT.as_secs())))
    }

    async fn post_once(
        &self,
        service: &'static str,
        path: &str,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) -> Result<Answer, String> {
        let said = |error: &dyn std::error::Error| error.to_string();
        let base = self.endpoint.clone().unwrap_or_else(|| {
            let domain = match self.region.starts_with("cn-") {
                true => "amazonaws.com.cn",
                false => "amazonaws.com",
            };
            format!("https://{service}.{}.{domain}", self.region)
        });
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let provider = self
            .credentials
            .as_ref()
            .ok_or("there are no credentials")?;
        let identity = provider.provide_credentials().await;
        let identity = identity.map_err(|error| said(&error))?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| said(&error))?;
        let signable = SignableRequest::new(
            "POST",
            url.as_str(),
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signable = signable.map_err(|error| said(&error))?;
        let signed = sign(signable, &parameters.into()).map_err(|error| said(&error))?;
        let mut request = http::Request::post(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request
            .body(SdkBody::from(body))
            .map_err(|error| said(&error))?;
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        let request = Request::try_from(request).map_err(|error| said(&error))?;
        let answer = self.connector.call(request).await;
        let answer = answer.map_err(|error| said(&error))?;
        let status = answer.status().as_u16();
        let function_error = answer.headers().get("x-amz-function-error");
        let function_error = function_error.map(str::to_owned);
        let body = aws_smithy_types::byte_stream::ByteStream::new(answer.into_body());
        let body = body.collect().await.map_err(|error| said(&error))?;
        Ok(Answer {
            status,
            function_error,
            body: String::from_utf8_lossy(&body.into_bytes()).into_owned(),
        })
    }
}
