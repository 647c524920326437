"""Results as claims that are checked: reading records, comparing a fresh number with its limit, writing records.

A record is `gencourse/records/NN.toml`, written from real runs. Environment variables:

- `GENCOURSE_STRICT=1`: a comparable result beyond its limit raises `ResultBeyondLimit` instead of only saying so.
- `GENCOURSE_RESULTS=FILE`: every comparison is appended to FILE as one line of JSON.
"""

from gencourse.results.compare import ResultBeyondLimit, Verdict, compare, strict
from gencourse.results.record import RECORDS, Claim, Record, limit, load_checkpoint_path, load_record, record_path
from gencourse.results.write import MAX_CHECKPOINT_BYTES, write_record

__all__ = [
    "MAX_CHECKPOINT_BYTES",
    "RECORDS",
    "Claim",
    "Record",
    "ResultBeyondLimit",
    "Verdict",
    "compare",
    "limit",
    "load_checkpoint_path",
    "load_record",
    "record_path",
    "strict",
    "write_record",
]
