"""forms: hosts of sends, parameters of recipes, what people are asked, lookups, fuses, logins"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parameters", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("host", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index("ix_outbox_host", ["host"])
    op.execute("UPDATE outbox SET host = lower(substr(recipient, instr(recipient, '@') + 1))")
    op.create_table(
        "ask",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["request"], ["request.reference"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ask_request", "ask", ["request"])
    op.create_table(
        "lookup",
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("last_ok_at", UTCDateTime(), nullable=True),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("counted_seq", sa.Integer(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["request.reference"]),
        sa.PrimaryKeyConstraint("request"),
    )
    op.create_index("ix_lookup_next_at", "lookup", ["next_at"])
    op.create_table(
        "fuse",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("blown_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("platform"),
    )
    op.create_table(
        "login",
        sa.Column("applicant", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("noted_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["applicant"], ["applicant.code"]),
        sa.PrimaryKeyConstraint("applicant", "platform"),
    )
