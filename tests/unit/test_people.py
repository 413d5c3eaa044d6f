import json

import pytest

from extractors.core.errors import AuthError
from extractors.core.lake import open_lake
from extractors.core.people import People, keys_of_person, same_person
from extractors.core.personal import HashKey, check_hash_keys, read_hash_keys

K1 = {"TIDEMARK_HASH_SECRET": "one", "TIDEMARK_HASH_KEY_ID": "k1"}
K2 = {"TIDEMARK_HASH_SECRET": "two", "TIDEMARK_HASH_KEY_ID": "k2"}
K3 = {"TIDEMARK_HASH_SECRET": "three", "TIDEMARK_HASH_KEY_ID": "k3"}
#: hmac-sha256 of "anna" under "one", computed with openssl
ANNA_UNDER_ONE = "k1:55a2f05d04ef1c75796946f1d6fa1106"


@pytest.fixture
def lake(tmp_path):
    return open_lake(tmp_path.as_uri())


def with_previous(environ, **secrets):
    return {**environ, "TIDEMARK_HASH_PREVIOUS": json.dumps(secrets)}


def read(lake, environ, *people, batch_id="b1"):
    """Hash what one batch reads, and end the batch."""
    batch = People(lake, lambda: read_hash_keys(environ))
    hashed = batch.hasher()
    keys = [hashed(person) for person in people]
    batch.settle(batch_id)
    return keys


def test_a_key_is_the_hmac_of_the_id_with_the_id_of_its_secret(lake):
    assert read(lake, K1, "anna") == [ANNA_UNDER_ONE]


def test_another_secret_under_the_same_key_id_is_refused(lake):
    read(lake, K1, "anna")
    changed = {**K1, "TIDEMARK_HASH_SECRET": "a brand new one"}

    with pytest.raises(AuthError, match="secret of hash key k1 is not the one") as refused:
        read(lake, changed, "anna")

    assert "TIDEMARK_HASH_PREVIOUS" in str(refused.value)
    assert "brand new" not in str(refused.value)


def test_a_new_key_without_the_old_secret_is_refused_until_a_fresh_start_is_asked_for(lake):
    read(lake, K1, "anna")

    with pytest.raises(AuthError, match="hash key k2 is new here and people are known under k1"):
        read(lake, K2, "anna")
    keys = read(lake, {**K2, "TIDEMARK_HASH_PREVIOUS": "none"}, "anna")

    assert keys == [HashKey("k2", "two").of("anna")]
    assert same_person(lake) == {}


def test_who_comes_while_both_secrets_are_there_stays_the_same_person(lake):
    [before] = read(lake, K1, "anna")
    [during] = read(lake, with_previous(K2, k1="one"), "anna", batch_id="b2")
    [after] = read(lake, K2, "anna", batch_id="b3")

    assert before != during == after
    assert same_person(lake) == {during: before}


def test_who_comes_only_after_the_old_secret_is_gone_is_someone_else(lake):
    [before] = read(lake, K1, "anna")
    read(lake, with_previous(K2, k1="one"), "ben", batch_id="b2")
    [after] = read(lake, K2, "anna", batch_id="b3")

    assert before not in same_person(lake).values()
    assert after not in same_person(lake)


def test_two_rotations_join_a_person_to_their_oldest_key(lake):
    [first] = read(lake, K1, "anna")
    [second] = read(lake, with_previous(K2, k1="one"), "anna", batch_id="b2")
    [third] = read(lake, with_previous(K3, k2="two"), "anna", batch_id="b3")

    assert same_person(lake) == {second: first, third: first}
    assert keys_of_person(lake, [third]) == {first, second, third}


def test_a_person_is_written_into_the_bridge_once(lake):
    read(lake, K1, "anna")
    for number in range(3):
        read(lake, with_previous(K2, k1="one"), "anna", "anna", batch_id=f"b{number}")

    assert len(lake.ledger("person_keys")) == 1


@pytest.mark.parametrize("told", ["k1=one", "[]", '{"k1": 1}', '{"k1": ""}', '"secret-text"'])
def test_previous_secrets_that_cannot_be_read_are_refused_without_showing_them(told):
    with pytest.raises(AuthError, match="TIDEMARK_HASH_PREVIOUS is not a JSON object") as refused:
        read_hash_keys({**K2, "TIDEMARK_HASH_PREVIOUS": told})

    assert "secret-text" not in str(refused.value)


@pytest.mark.parametrize("key_id", ["forgotten", "k 1", "k:1", "k1"])
def test_a_key_id_that_could_be_mistaken_is_refused(key_id):
    environ = with_previous({**K1, "TIDEMARK_HASH_KEY_ID": key_id}, k1="one")

    with pytest.raises(AuthError, match="name the key ids"):
        read_hash_keys(environ)


def test_the_lake_knows_secrets_by_their_fingerprints_only(lake, tmp_path):
    check_hash_keys(lake, read_hash_keys(K1))

    [entry] = lake.ledger("hash_keys")
    assert entry["key_id"] == "k1"
    assert not any(b"one" in path.read_bytes() for path in tmp_path.rglob("*.json"))


def test_no_repr_shows_a_secret():
    keys = read_hash_keys(with_previous(K2, k1="one-secret"))

    assert "one-secret" not in repr(keys)
    assert "two" not in repr(keys)
