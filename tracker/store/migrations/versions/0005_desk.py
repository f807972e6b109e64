"""desk: where coding and requests stand, leases, accounts and their visits"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UTCDateTime(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "coding",
        *(text(name) for name in ("request", "message", "round", "unit_id")),
        moment("arrived_at"),
        text("stage"),
        text("coders"),
        sa.PrimaryKeyConstraint("request", "message"),
    )
    op.create_index("coding_queue", "coding", ["round", "stage", "arrived_at"])
    op.create_index("coding_arrived", "coding", ["round", "arrived_at"])
    op.create_index("coding_votes", "coding", ["round", "stage", "coders"])
    op.create_table(
        "lease",
        *(text(name) for name in ("request", "message", "actor")),
        moment("claimed_at"),
        moment("expires_at"),
        sa.ForeignKeyConstraint(["request"], ["request.reference"]),
        sa.PrimaryKeyConstraint("request", "message", "actor"),
    )
    op.create_index("ix_lease_expires_at", "lease", ["expires_at"])
    op.create_table(
        "standing",
        *(text(name) for name in ("reference", "round", "unit_id", "unit_name", "group", "kind")),
        text("channel", nullable=True),
        *(text(name) for name in ("applicant", "state", "verdict", "reason", "summary")),
        moment("submitted_at", nullable=True),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("received_on", "due_on", "replied_on")),
        sa.Column("response_days", sa.Integer(), nullable=True),
        text("outcome", nullable=True),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("counted_seq", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        text("circumstances"),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("standing_verdict", "standing", ["round", "verdict", "due_on"])
    op.create_index("standing_due", "standing", ["round", "due_on"])
    op.create_index("standing_unit", "standing", ["round", "unit_id"])
    op.create_index("standing_day", "standing", ["round", "counted_on"])
    _create_accounts()


def _create_accounts() -> None:
    op.create_table(
        "account",
        *(text(name) for name in ("name", "role", "password")),
        moment("created_at"),
        moment("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "visit",
        *(text(name) for name in ("token_sha256", "account", "form_token")),
        moment("begun_at"),
        moment("seen_at"),
        moment("ended_at", nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.name"]),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_index("ix_visit_account", "visit", ["account"])
    op.create_table(
        "failed_login",
        sa.Column("id", sa.Integer(), nullable=False),
        *(text(name) for name in ("name", "address")),
        moment("at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_failed_login_at", "failed_login", ["at"])
