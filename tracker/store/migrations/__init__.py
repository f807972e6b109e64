"""Alembic migrations. There is one head, and a test compares the tables it makes with ours."""

from pathlib import Path

from alembic.config import Config


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
