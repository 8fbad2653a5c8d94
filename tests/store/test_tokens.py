"""Tokens and what is kept of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cxdash.store.tokens import dated_digest, dated_token, digest, new_token

AT = datetime(2026, 11, 22, 9, 30, 15, 250_000, UTC)


def test_what_is_made_together_stands_together_and_says_nothing_of_the_secret():
    tokens = [dated_token(AT + timedelta(milliseconds=i)) for i in range(500)]
    kept = [dated_digest(token) for token in tokens]
    assert kept == sorted(kept) and len({*kept}) == 500
    assert all(len(one) == 64 and token[12:] not in one for token, one in zip(tokens, kept, strict=True))
    assert datetime.fromtimestamp(int(kept[0][:12], 16) / 1000, UTC) == AT
    assert {len(token) for token in tokens} == {34}


def test_the_same_moment_makes_others_and_each_purpose_its_own():
    one, other = dated_token(AT), dated_token(AT)
    assert one[:12] == other[:12] and one[12:] != other[12:] and dated_digest(one)[12:] != dated_digest(other)[12:]
    assert dated_digest(one, "visit ")[12:] != dated_digest(one)[12:]


def test_another_token_is_digested_as_before():
    for token in (new_token(), "Z" * 34, "x", ""):
        assert dated_digest(token) == digest(token) and dated_digest(token, "visit ") == digest("visit " + token)
