"""The daemon's log: a fixed phrase, then its fields."""

import copy
import logging

_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class FieldFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = [f" {name}={value}" for name, value in vars(record).items() if name not in _USUAL]
        shown = copy.copy(record)
        shown.msg, shown.args = record.getMessage() + "".join(fields), None
        return super().format(shown)


def log_to_stderr(level: int) -> None:
    shown = logging.StreamHandler()
    shown.setFormatter(FieldFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[shown])
