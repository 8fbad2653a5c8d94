"""Tests of the statistics: reference values of other software, hard-coded values, invariants."""
