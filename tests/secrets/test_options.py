"""`llmvcr_redact`: each entry does what it says, and what makes no sense is refused by name, without telling it."""

from __future__ import annotations

from typing import Any

import pytest

from llmvcr.errors import OptionError
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.redaction import Replaced, redactor

HEADERS = (("X-Tenant", "blue-42x7"), ("Authorization", "Bearer q8Zt0aXw3kLm9Pz7"))
CALL = Interaction(
    Request("POST", "https://example.com/?x-tenant=a1b2c3", HEADERS, b'{"x_tenant": "blue-42x7", "a": "EMP-00817263"}'),
    Response(200, "OK", (("x-request-id", "req_9f8e7d6c5b4a3928"),), (b"ok",)),
)


def replaced(option: Any, environ: dict[str, str] | None = None) -> list[str]:
    """What is replaced, as a person reads it, without what is always replaced."""
    always = {Replaced("request.headers.authorization", "credentials")}
    return [str(each) for each in redactor(option, environ or {}).redact(CALL).replaced if each not in always]


TRACE = "response.headers.x-request-id: request id"
TENANT = ["request.body: x-tenant", "request.headers.x-tenant: x-tenant", "request.url: x-tenant"]


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (None, [TRACE]),
        ("on", [TRACE]),
        (["x-tenant"], [*TENANT, TRACE]),
        ("x-tenant", [*TENANT, TRACE]),
        ([{"name": "X-Tenant"}, {"keep": "x-request-id"}], TENANT),
        ([{"shape": r"EMP-\d{8}", "kind": "number of staff"}], ["request.body: number of staff", TRACE]),
        ([{"value": "blue-42x7"}], ["request.body: value", "request.headers.x-tenant: value", TRACE]),
    ],
)
def test_entries(option: Any, expected: list[str]) -> None:
    """Names hold in headers, parameters and fields, in every spelling; shapes and values wherever they stand."""
    assert replaced(option) == expected


@pytest.mark.parametrize("option", ["off", False])
def test_off(option: Any) -> None:
    """Then nothing is changed, on disk and for the matcher."""
    cleaner = redactor(option, {"A_TOKEN": "q8Zt0aXw3kLm9Pz7"})
    assert cleaner.redact(CALL).interaction is CALL
    assert cleaner.matched(CALL.request) is CALL.request


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("SERVICE_API_KEY", "9Pz7q8Zt0aXw3kLm", True),
        ("A_TOKEN", "9Pz7q8Zt0aXw3kLm", True),
        ("A_SECRET", "9Pz7q8Zt0aXw3kL", False),
        ("A_SECRET", "internationalization", False),
        ("A_TOKEN", "/run/secrets/Token01", False),
        ("HOME", "9Pz7q8Zt0aXw3kLm", False),
    ],
)
def test_values_of_the_environment(name: str, value: str, *, seen: bool) -> None:
    """By value only from 16 characters on and with variety enough to be no word (decision 23)."""
    call = Interaction(Request("GET", "https://example.com/"), Response(200, chunks=(f"is {value}".encode(),)))
    done = redactor(environ={name: value}).redact(call)
    assert done.replaced == ((Replaced("response.body", name.lower()),) if seen else ())


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (7, "neither"),
        ({"name": "x"}, "neither"),
        ([7], "no name and no mapping"),
        ([{"names": "x"}], "has one of name, shape, value, keep"),
        ([{"name": "ab", "value": "cdef"}], "has one of"),
        ([{"name": "a b"}], "no name of a header"),
        ([{"value": "abc"}], "less than four"),
        ([{"value": 12345}], "no text"),
        ([{"shape": "("}], "no regular expression"),
        ([{"shape": "a*"}], "fits an empty text"),
    ],
)
def test_what_makes_no_sense_is_refused(option: Any, reason: str) -> None:
    """An OptionError says which part is wrong."""
    with pytest.raises(OptionError, match=f"llmvcr_redact: .*{reason}"):
        redactor(option, {})


def test_a_refused_value_is_not_told() -> None:
    """An entry with a wrong key may hold a secret."""
    with pytest.raises(OptionError) as error:
        redactor([{"valeu": "q8Zt0aXw3kLm9Pz7"}], {})
    assert "q8Zt" not in str(error.value)
