use super::*;

fn read(document: Vec<u8>) -> Result<layout::Page, Unreadable> {
    pdf::read(document, Budget::of(&Caller::default()))
}

fn words(page: &layout::Page) -> Vec<String> {
    let lines = page.lines.iter();
    let texts = |line: &layout::Line| -> Vec<String> {
        line.words.iter().map(|word| word.text.clone()).collect()
    };
    lines.map(|line| texts(line).join(" ")).collect()
}

/// Printed by Chromium (from `cv.html`) and by LibreOffice (from `cv.fodt`).
#[test]
fn documents_of_browsers_and_office_suites() {
    let chromium = include_bytes!("../../tests/documents/chromium.pdf").to_vec();
    assert_eq!(
        words(&read(chromium).unwrap()),
        [
            "Zoë Ångström-Nowak",
            "Software engineer, Łódź. Works with Terraform, Docker and Kubernetes; office files, first",
            "and last.",
            "AWS",
            "Node.js",
            "Google Cloud",
            "TypeScript",
            "Efficient workflows since 2016.",
        ]
    );
    let libreoffice = include_bytes!("../../tests/documents/libreoffice.pdf").to_vec();
    assert_eq!(
        words(&read(libreoffice).unwrap()),
        [
            "Zoë Ångström-Nowak",
            "Software engineer, Łódź. Works with Terraform, Docker and Kubernetes; office files, first and last.",
            "AWS Google Cloud",
            "Node.js",
            "TypeScript",
            "Efficient workflows since 2016.",
        ]
    );
}

#[test]
fn blocks_hang_together() {
    let document = include_bytes!("../../tests/documents/chromium.pdf").to_vec();
    let blocks = blocks::of(&read(document).unwrap());
    let of_type = |kind: &str| -> Vec<&Value> {
        blocks.iter().filter(|it| it["BlockType"] == kind).collect()
    };
    let (pages, lines, words) = (of_type("PAGE"), of_type("LINE"), of_type("WORD"));
    assert_eq!((pages.len(), lines.len()), (1, 8));
    let children = |block: &Value| block["Relationships"][0]["Ids"].as_array().unwrap().clone();
    let ids: Vec<Value> = lines.iter().map(|line| line["Id"].clone()).collect();
    assert_eq!(children(pages[0]), ids);
    let ids: Vec<Value> = words.iter().map(|word| word["Id"].clone()).collect();
    let of_lines: Vec<Value> = lines.iter().flat_map(|line| children(line)).collect();
    assert_eq!(of_lines, ids);
    let mut above = 0.0;
    for line in &lines {
        let place = &line["Geometry"]["BoundingBox"];
        let [top, left, width] = ["Top", "Left", "Width"].map(|it| place[it].as_f64().unwrap());
        assert!(top >= above && left + width <= 1.0, "{line}");
        above = top;
        assert_eq!(line["Geometry"]["Polygon"].as_array().unwrap().len(), 4);
    }
    // As much as AWS takes for a word: a page of 250 comes near the 256 KiB of a state.
    let size = words[0].to_string().len();
    assert!((400..700).contains(&size), "{size}");
}

#[tokio::test]
async fn errors() {
    let account = Arc::new(Account::for_tests());
    account.s3.create_bucket("cvs").unwrap();
    let put = |key: &'static str, body: &'static [u8]| {
        let account = account.clone();
        async move {
            let input =
                json!({ "Bucket": "cvs", "Key": key, "Body": String::from_utf8_lossy(body) });
            let put =
                crate::s3::direct::call(&account, &Principal::Administrator, "putObject", &input);
            put.await.unwrap();
        }
    };
    put("cv.txt", b"Curriculum vitae").await;
    put("cv.docx", b"PK\x03\x04").await;
    put("broken.pdf", b"%PDF-1.7 and no more").await;
    put("scan.tif", b"II*\0").await;
    let object = |key: &str| {
        json!({ "Document": { "S3Object": { "Bucket": "cvs", "Name": key } },
                "FeatureTypes": ["TABLES", "FORMS"] })
    };
    for (input, code, words) in [
        (json!({}), "ValidationException", "Value null at 'document'"),
        (
            json!({ "Document": {} }),
            "ValidationException",
            "Value null at 'featureTypes'",
        ),
        (
            json!({ "Document": {}, "FeatureTypes": ["FORM"] }),
            "ValidationException",
            "Value '[FORM]' at 'featureTypes'",
        ),
        (
            json!({ "Document": {}, "FeatureTypes": ["FORMS"] }),
            "InvalidParameterException",
            "Request has invalid parameters",
        ),
        (
            object("none.pdf"),
            "InvalidS3ObjectException",
            "Unable to get object metadata",
        ),
        (
            object("cv.txt"),
            "UnsupportedDocumentException",
            "Request has unsupported document format",
        ),
        (
            object("cv.docx"),
            "UnsupportedDocumentException",
            "Request has unsupported document format",
        ),
        (
            object("broken.pdf"),
            "BadDocumentException",
            "invalid document",
        ),
        (
            object("scan.tif"),
            "UnsupportedDocumentException",
            "PDFs only",
        ),
    ] {
        let error = call(
            &account,
            &Principal::Administrator,
            "AnalyzeDocument",
            &input,
        )
        .await
        .unwrap_err();
        assert_eq!(error.code, code, "{input}");
        assert!(error.message.contains(words), "{error}");
    }
}

proptest::proptest! {
    /// Whatever stands in a document, reading it ends with a page or an error.
    #[test]
    fn damaged_documents(at in 0usize..26_000, byte: u8, cut in 0usize..26_000) {
        let mut document = include_bytes!("../../tests/documents/libreoffice.pdf").to_vec();
        let length = document.len();
        document[at % length] = byte;
        document.truncate(length - cut % length);
        // A panic of the library's is an answer, too: `BadDocumentException`.
        let _ = std::panic::catch_unwind(|| read(document));
    }
}
