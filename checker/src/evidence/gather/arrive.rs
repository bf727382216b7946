//! How the function is told of test CVs: uploads of several kinds, and events.

use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, MetadataDirective};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Gatherer;
use crate::course::probe::Probe;
use crate::course::task::Arrival;
use crate::error::Error;
use crate::evidence::Event;
use crate::evidence::lambda::{Invoked, invoke};
use crate::target::aws::text_of;

/// What S3 said of an upload: the new entity tag, or code and text of an error.
type Sent = Result<Option<String>, Refusal>;

/// An upload that did not succeed.
struct Refusal {
    code: Option<String>,
    error: Error,
    text: String,
}

impl Gatherer<'_> {
    /// Lets those probes arrive that are `last`, or those that are not: uploads each, in each of
    /// its ways one after the other, then invokes the function with the events. Says what could
    /// not be done, and so is not judged.
    ///
    /// # Errors
    ///
    /// Where S3 does not answer at all; a refusal is evidence.
    pub async fn arrive(&mut self, last: bool) -> Result<Vec<String>, Error> {
        let those: Vec<usize> = (0..self.probes.len())
            .filter(|at| self.probes[*at].spec.last == last)
            .collect();
        for at in &those {
            self.upload(*at).await?;
        }
        self.set_clock().await;
        let shared: Vec<usize> = self.with(&those, Arrival::SharedEvent);
        let own = self.with(&those, Arrival::OwnEvent);
        let mut events = Vec::from_iter((!shared.is_empty()).then_some(shared));
        events.extend(own.into_iter().map(|at| vec![at]));
        let mut notes = Vec::new();
        for of in events {
            let probes: Vec<&Probe> = of.iter().map(|at| &self.probes[*at]).collect();
            let event = |error| Event {
                records: of.len(),
                error,
            };
            match invoke(self.aws, self.stack, &probes).await {
                Invoked::Ended(error) => {
                    for at in &of {
                        self.evidence[*at].events.push(event(error.clone()));
                    }
                }
                Invoked::Refused(why) | Invoked::Unknown(why) => {
                    let what = match probes.as_slice() {
                        [only] => format!("{:?}", only.spec.name),
                        all => format!("an event of {} records", all.len()),
                    };
                    notes.push(format!(
                        "Left out: {what}: the checker could not invoke {}: {}.",
                        self.stack.function,
                        why.trim_end_matches('.')
                    ));
                }
            }
        }
        Ok(notes)
    }

    fn with(&self, those: &[usize], arrival: Arrival) -> Vec<usize> {
        let has = |at: &&usize| self.probes[**at].spec.arrives.contains(&arrival);
        those.iter().filter(has).copied().collect()
    }

    async fn upload(&mut self, at: usize) -> Result<(), Error> {
        let probe = &self.probes[at];
        let mut before = None;
        for (number, arrival) in probe.spec.uploads().enumerate() {
            let sent = match arrival {
                Arrival::Parts => self.put_in_parts(probe).await,
                Arrival::Copy => self.copy_onto_itself(probe, before.as_deref()).await,
                _ => self.put(probe, number, before.as_deref()).await,
            };
            let uploaded = match sent {
                Ok(tag) => {
                    before = tag;
                    Ok(())
                }
                // That the bucket is not there is the stack's; whatever else S3 says is about
                // who asks.
                Err(refused) if refused.code.as_deref() == Some("NoSuchBucket") => {
                    Err(refused.text)
                }
                Err(refused) => return Err(refused.error),
            };
            self.evidence[at].uploads.push(uploaded);
        }
        Ok(())
    }

    fn refusal<E, R>(&self, error: &SdkError<E, R>) -> Refusal
    where
        E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let code = error.as_service_error().and_then(|it| it.code());
        Refusal {
            code: code.map(str::to_owned),
            error: self.aws.unclear("upload a CV", error),
            text: text_of(error),
        }
    }

    /// Uploads a probe, `number` times before now, the last time with the entity tag
    /// `before`; gives the new tag. However often the call is tried because its answer was
    /// lost, only one upload comes of it: the condition holds for the first.
    async fn put(&self, probe: &Probe, number: usize, before: Option<&str>) -> Sent {
        let (bucket, key) = (&self.stack.input_bucket, &probe.key);
        // Each time with another tag.
        let mut content = probe.content.clone();
        content.extend(std::iter::repeat_n(b'\n', number));
        let put = |content| {
            let put = self.aws.s3.put_object().bucket(bucket).key(key);
            let put = put.set_expected_bucket_owner(self.aws.owner.clone());
            put.body(ByteStream::from(content))
        };
        let conditional = match (number, before) {
            (0, _) => put(content.clone()).if_none_match("*"),
            (_, Some(tag)) => put(content.clone()).if_match(tag),
            (_, None) => put(content.clone()),
        };
        let answer = match conditional.send().await {
            Err(error) if error.code() == Some("PreconditionFailed") => {
                return Ok(self.tag_of(probe).await);
            }
            // A function has removed the object meanwhile.
            Err(error) if before.is_some() && error.code() == Some("NoSuchKey") => {
                put(content).send().await
            }
            answer => answer,
        };
        let answer = answer.map_err(|error| self.refusal(&error))?;
        Ok(answer.e_tag)
    }

    async fn tag_of(&self, probe: &Probe) -> Option<String> {
        let head = self.aws.s3.head_object().bucket(&self.stack.input_bucket);
        head.key(&probe.key).send().await.ok()?.e_tag
    }

    /// Uploads a probe as one part. To complete an upload a second time, because the answer was
    /// lost, has no effect ("CompleteMultipartUpload").
    async fn put_in_parts(&self, probe: &Probe) -> Sent {
        let (s3, bucket) = (&self.aws.s3, &self.stack.input_bucket);
        let owner = &self.aws.owner;
        let create = s3.create_multipart_upload().bucket(bucket).key(&probe.key);
        let created = create.set_expected_bucket_owner(owner.clone()).send();
        let created = created.await.map_err(|error| self.refusal(&error))?;
        let upload = created.upload_id().unwrap_or_default();
        let part = s3.upload_part().bucket(bucket).key(&probe.key);
        let part = part.upload_id(upload).part_number(1);
        let part = part.set_expected_bucket_owner(owner.clone());
        let sent = part.body(ByteStream::from(probe.content.clone())).send();
        let sent = sent.await.map_err(|error| self.refusal(&error))?;
        let part = CompletedPart::builder().part_number(1);
        let part = part.set_e_tag(sent.e_tag).build();
        let parts = CompletedMultipartUpload::builder().parts(part).build();
        let complete = s3.complete_multipart_upload().bucket(bucket);
        let complete = complete.key(&probe.key).upload_id(upload);
        let complete = complete.set_expected_bucket_owner(owner.clone());
        match complete.multipart_upload(parts).send().await {
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(self.tag_of(probe).await),
            completed => {
                let completed = completed.map_err(|error| self.refusal(&error))?;
                Ok(completed.e_tag)
            }
        }
    }

    /// Copies a probe onto itself, with other metadata. What was uploaded in parts has another
    /// entity tag once it is copied, so that the condition holds only for the first try.
    async fn copy_onto_itself(&self, probe: &Probe, before: Option<&str>) -> Sent {
        let bucket = &self.stack.input_bucket;
        let key = utf8_percent_encode(&probe.key, NON_ALPHANUMERIC);
        let copy = self.aws.s3.copy_object().bucket(bucket).key(&probe.key);
        let copy = copy.copy_source(format!("{bucket}/{key}"));
        let copy = copy.metadata_directive(MetadataDirective::Replace);
        let copy = copy.set_expected_bucket_owner(self.aws.owner.clone());
        let copy = copy.set_copy_source_if_match(before.map(str::to_owned));
        match copy.metadata("copied", "once").send().await {
            Err(error) if error.code() == Some("PreconditionFailed") => {
                Ok(self.tag_of(probe).await)
            }
            copied => {
                let copied = copied.map_err(|error| self.refusal(&error))?;
                Ok(copied.copy_object_result.and_then(|it| it.e_tag))
            }
        }
    }
}
