"""Tests of the pages under /auth/ and of the guard in front of the screens."""
