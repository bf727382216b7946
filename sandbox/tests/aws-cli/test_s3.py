"""The `aws s3` and `aws s3api` commands."""

import hashlib
import os
import urllib.error
import urllib.request

from sandbox import SandboxTest


class S3(SandboxTest):
    def bucket(self):
        """A new bucket for one test."""
        name = f"b-{self._testMethodName.replace('_', '-')}"
        self.assertEqual(self.aws.run("s3", "mb", f"s3://{name}"), f"make_bucket: {name}\n")
        return name

    def file(self, name, content):
        path = self.aws.home / name
        path.write_bytes(content)
        return path

    def test_put_list_get_remove(self):
        bucket = self.bucket()
        path = self.file("cv.txt", b"ten years")
        keys = ["cv.txt", "a folder/Zoë Ångström + Ko (100%).txt"]
        for key in keys:
            self.aws.run("s3", "cp", path, f"s3://{bucket}/{key}")
        listed = self.aws.run("s3", "ls", f"s3://{bucket}", "--recursive")
        self.assertEqual([line.split(maxsplit=3)[2:] for line in listed.splitlines()], [["9", key] for key in sorted(keys)])
        self.assertIn("PRE a folder/", self.aws.run("s3", "ls", f"s3://{bucket}"))
        for key in keys:
            self.assertEqual(self.aws.run("s3", "cp", f"s3://{bucket}/{key}", "-"), "ten years")
        self.aws.run("s3", "mv", f"s3://{bucket}/cv.txt", f"s3://{bucket}/moved.txt")
        self.assertRefused("404", "s3api", "head-object", "--bucket", bucket, "--key", "cv.txt")
        self.assertRefused("BucketNotEmpty", "s3", "rb", f"s3://{bucket}")
        self.aws.run("s3", "rm", f"s3://{bucket}", "--recursive")
        self.assertEqual(self.aws.run("s3", "ls", f"s3://{bucket}"), "")
        self.assertEqual(self.aws.run("s3", "rb", f"s3://{bucket}"), f"remove_bucket: {bucket}\n")
        self.assertRefused("NoSuchBucket", "s3", "ls", f"s3://{bucket}")

    def test_twenty_megabytes_in_parts(self):
        bucket = self.bucket()
        content = os.urandom(20 * 1024 * 1024)
        path = self.file("large.bin", content)
        self.aws.run("s3", "cp", path, f"s3://{bucket}/large.bin", "--quiet")
        head = self.aws.json("s3api", "head-object", "--bucket", bucket, "--key", "large.bin")
        self.assertEqual(head["ContentLength"], len(content))
        # Parts of 8 MiB, the command's default: the tag of the tags of three.
        size = 8 * 1024 * 1024
        parts = [hashlib.md5(content[at : at + size]).digest() for at in range(0, len(content), size)]
        self.assertEqual(head["ETag"], f'"{hashlib.md5(b"".join(parts)).hexdigest()}-3"')
        back = self.aws.home / "back.bin"
        self.aws.run("s3", "cp", f"s3://{bucket}/large.bin", back, "--quiet")
        self.assertEqual(back.read_bytes(), content)
        self.aws.run("s3", "cp", f"s3://{bucket}/large.bin", f"s3://{bucket}/copy.bin", "--quiet")
        copied = self.aws.json("s3api", "head-object", "--bucket", bucket, "--key", "copy.bin")
        self.assertEqual(copied["ContentLength"], len(content))

    def test_sync(self):
        bucket = self.bucket()
        folder = self.aws.home / "cvs"
        folder.mkdir()
        for name in ["one.txt", "two.txt"]:
            (folder / name).write_text(name)
        self.assertEqual(self.aws.run("s3", "sync", folder, f"s3://{bucket}").count("upload:"), 2)
        self.assertEqual(self.aws.run("s3", "sync", folder, f"s3://{bucket}"), "")

    def test_presigned(self):
        bucket = self.bucket()
        self.aws.run("s3", "cp", self.file("p.txt", b"signed"), f"s3://{bucket}/p.txt")
        url = self.aws.run("s3", "presign", f"s3://{bucket}/p.txt").strip()
        with urllib.request.urlopen(url) as answer:
            self.assertEqual(answer.read(), b"signed")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url.replace("p.txt", "q.txt"))
        self.assertEqual(caught.exception.code, 403)
        self.assertIn(b"SignatureDoesNotMatch", caught.exception.read())

    def test_api(self):
        bucket = self.bucket()
        body = self.file("x.txt", b"0123456789")
        put = self.aws.json("s3api", "put-object", "--bucket", bucket, "--key", "x", "--body", body)
        self.assertEqual(put["ETag"], f'"{hashlib.md5(b"0123456789").hexdigest()}"')
        got = self.aws.json("s3api", "get-object", "--bucket", bucket, "--key", "x", "--range", "bytes=2-4", "part")
        self.assertEqual((got["ContentRange"], (self.aws.home / "part").read_bytes()), ("bytes 2-4/10", b"234"))
        self.aws.json("s3api", "copy-object", "--bucket", bucket, "--key", "y", "--copy-source", f"{bucket}/x")
        page = self.aws.json("s3api", "list-objects-v2", "--bucket", bucket, "--page-size", "1")
        self.assertEqual([it["Key"] for it in page["Contents"]], ["x", "y"])
        self.assertRefused("NoSuchKey", "s3api", "get-object", "--bucket", bucket, "--key", "none", "out")
        self.assertRefused("BucketAlreadyOwnedByYou", "s3", "mb", f"s3://{bucket}")

    def test_the_stack(self):
        rules = self.aws.json("s3api", "get-bucket-notification-configuration", "--bucket", "scan-cv-input-alice")
        (rule,) = rules["LambdaFunctionConfigurations"]
        self.assertEqual(rule["Events"], ["s3:ObjectCreated:*"])
        self.assertTrue(rule["LambdaFunctionArn"].endswith(":function:scan-cv-alice-dev-scan-file"))

    def test_keys(self):
        self.assertRefused("InvalidAccessKeyId", "s3", "ls", key="AKIAUNKNOWN")
        self.assertRefused("SignatureDoesNotMatch", "s3", "ls", secret="wrong")

    def test_what_is_not_there(self):
        bucket = self.bucket()
        text = self.assertRefused("NotImplemented", "s3api", "get-bucket-acl", "--bucket", bucket)
        self.assertIn("GetBucketAcl", text)
