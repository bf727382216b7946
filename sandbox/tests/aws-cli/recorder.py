"""Keeps every call of boto3's clients, and looks at each answer with the eyes of the
service's model: what has to be there is there, and nothing else is."""

import collections
import json
import xml.etree.ElementTree

from test_error_codes import is_known

# What stands around the result of the query protocol.
AROUND = {"ResponseMetadata", "RequestId"}

# AWS's events of a stack itself tell of these, too; the model lists only a resource's.
UNLISTED = {"ResourceStatus": {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}}


class Recorder:
    """What was called, how it was answered, and what was wrong with the answers."""

    def __init__(self):
        self.calls = []
        self.problems = []

    def watch(self, client):
        """Keeps all calls of a client of boto3."""
        client.meta.events.register("after-call", self.keep)
        return client

    def keep(self, http_response, parsed, model, **_):
        service = model.service_model.service_name
        status = http_response.status_code
        code = parsed["Error"]["Code"] if status >= 300 else None
        self.calls.append((service, model.name, status, code))
        if code is None:
            found = self.faults(model, http_response, parsed)
        elif code.isdigit() or is_known(service, code):
            # The answer to a HEAD has no body, and so no code but the status.
            found = [] if parsed["Error"].get("Message") else ["an error without a message"]
        else:
            found = [f"{service} has no error {code}"]
        self.problems += [f"{service} {model.name}: {fault}" for fault in found]

    def faults(self, model, http_response, parsed):
        shape = model.output_shape
        if shape is None:
            return []
        if shape.serialization.get("payload") or any(it.serialization.get("streaming") for it in shape.members.values()):
            return missing(shape, parsed, "")
        return missing(shape, parsed, "") + unknown(model, http_response.content)

    def counts(self):
        """Calls by service."""
        return collections.Counter(service for service, *_ in self.calls)

    def refused(self):
        """The services and the codes with which they refused."""
        return sorted({(service, code) for service, _, _, code in self.calls if code})


def missing(shape, value, path):
    """Members that the model requires and an answer lacks, and values that are none of those
    that the model lists."""
    if shape.type_name == "structure":
        found = [f"{path}/{name} is missing" for name in shape.required_members if name not in value]
        for name, member in shape.members.items():
            if name in value:
                found += missing(member, value[name], f"{path}/{name}")
        return found
    if shape.type_name == "list":
        return [it for at, item in enumerate(value) for it in missing(shape.member, item, f"{path}/{at}")]
    if shape.type_name == "map":
        return [it for key, item in value.items() for it in missing(shape.value, item, f"{path}/{key}")]
    if shape.type_name == "string" and shape.enum and value not in (*shape.enum, *UNLISTED.get(shape.name, ())):
        return [f"{path}: {value!r} is not one of {shape.enum}"]
    return []


def unknown(model, body):
    """Members that the model does not have."""
    if not body:
        return []
    if model.service_model.protocol in ("json", "rest-json"):
        return unknown_members(model.output_shape, json.loads(body), "")
    known = AROUND | {f"{model.name}Result"} | names_in_xml(model.output_shape, set())
    # The model does not name the outermost element.
    _, *elements = xml.etree.ElementTree.fromstring(body).iter()
    tags = {element.tag.rsplit("}", 1)[-1] for element in elements}
    return [f"the element {tag} is unknown" for tag in sorted(tags - known)]


def unknown_members(shape, value, path):
    if value is None:
        return []
    if shape.type_name == "structure":
        members = {it.serialization.get("name", name): it for name, it in shape.members.items()}
        found = [f"{path}/{name} is unknown" for name in value if name not in members]
        for name in value:
            if name in members:
                found += unknown_members(members[name], value[name], f"{path}/{name}")
        return found
    if shape.type_name == "list":
        return [it for at, item in enumerate(value) for it in unknown_members(shape.member, item, f"{path}/{at}")]
    if shape.type_name == "map":
        return [it for key, item in value.items() for it in unknown_members(shape.value, item, f"{path}/{key}")]
    return []


def names_in_xml(shape, seen):
    """All names of elements that an answer of this shape can hold."""
    if shape.name in seen:
        return set()
    seen = seen | {shape.name}
    if shape.type_name == "structure":
        found = set()
        for name, member in shape.members.items():
            found |= {member.serialization.get("name", name)} | names_in_xml(member, seen)
        return found
    if shape.type_name == "list":
        return {"member", shape.member.serialization.get("name", "member")} | names_in_xml(shape.member, seen)
    if shape.type_name == "map":
        return {"entry", "key", "value"} | names_in_xml(shape.value, seen)
    return set()
