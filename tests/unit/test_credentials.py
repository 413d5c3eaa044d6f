import pytest

from extractors.core.credentials import read_connection
from extractors.core.errors import AuthError
from tests.markers import everything_said, found_in

SECRET = "planted/secret#1"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"conn_type": "http", "password": "{SECRET}"',
        f'{{"password": "x", "extra": "{{{SECRET}"}}',
        f'{{"password": "x", "extra": ["{SECRET}"]}}',
        f"http://login:{SECRET}@host:80",
        f"http://login:x@[{SECRET}",
        f"http://login:x@host:80/?__extra__=%7B{SECRET}",
    ],
    ids=["half JSON", "half extra", "extra a list", "slash in password", "no host", "URI extra"],
)
def test_a_connection_that_cannot_be_read_is_named_and_not_quoted(text):
    with pytest.raises(AuthError, match="AIRFLOW_CONN_TIDEMARK_X") as refused:
        read_connection("tidemark_x", {"AIRFLOW_CONN_TIDEMARK_X": text})

    said = everything_said(refused.value)
    assert "compare it with .env.example" in said
    assert found_in(said.encode(), [SECRET, "planted"]) == []


def test_a_uri_is_read_with_everything_that_is_escaped_in_it():
    text = "http://app:p%2Fw%23@api.example:8443/https?shop_id=7&__extra__=%7B%22a%22%3A1%7D"

    found = read_connection("tidemark_x", {"AIRFLOW_CONN_TIDEMARK_X": text})

    assert (found.login, found.password, found.extra) == ("app", "p/w#", {"a": 1})
    assert found.base_url == "https://api.example:8443"
    assert "p/w#" not in repr(found)
