import pytest

from extractors.core.redact import without_people


@pytest.mark.parametrize(
    "body",
    [{"items": [{"owner": "anna"}]}, {"follow_user": ["anna"]}, {"data": [{"userId": "anna"}]}],
    ids=["owner", "user list", "user"],
)
def test_a_kept_body_names_no_employee(body):
    assert "anna" not in str(without_people(body))
