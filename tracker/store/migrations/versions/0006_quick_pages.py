"""quick pages: what coders answered and when pages were looked at; indexes that lists and counts need alone;
who an account is at an identity provider"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("coding", sa.Column("answers", sa.String(), nullable=False, server_default=""))
    op.drop_index("coding_queue", "coding")
    op.create_index(
        "coding_queue", "coding", ["round", "stage", "arrived_at", "request", "message", "coders"]
    )
    op.create_index("coding_stage", "coding", ["round", "stage"])
    op.drop_index("coding_votes", "coding")
    votes = sa.text("coders > ''")
    op.create_index("coding_votes", "coding", ["round", "stage", "coders"], sqlite_where=votes)
    op.create_index("coding_answers", "coding", ["round", "answers"])
    op.execute("DELETE FROM standing")  # measured anew: nobody knows when their pages were looked at
    op.add_column("standing", sa.Column("looked_on", sa.Date(), nullable=True))
    narrowed_by = ["kind", "group", "verdict", "unit_id", "unit_name", "due_on"]
    op.create_index("standing_list", "standing", ["round", "reference", *narrowed_by])
    counted_by = ["group", "kind", "verdict", "is_provisional", "response_days"]
    op.create_index("standing_counts", "standing", ["round", *counted_by])
    op.drop_column("standing", "summary")
    op.add_column("standing", sa.Column("is_disputable", sa.Boolean(), nullable=False))
    op.create_index("standing_disputable", "standing", ["round", "is_disputable", "reference"])
    op.create_index("standing_reason", "standing", ["reason"])
    op.create_index("standing_seq", "standing", ["counted_seq"])
    op.create_index("ix_request_state_state", "request_state", ["state"])
    op.create_index("channel_unit", "channel", ["round", "unit_id"])
    op.create_index("ix_request_applicant", "request", ["applicant"])
    scans = sa.text("""instr(payload, '"scans":["') > 0""")
    op.create_index("event_scans", "event", ["source_sha256"], sqlite_where=scans)
    op.add_column("account", sa.Column("subject", sa.String(), nullable=True))
    op.create_index("ix_account_subject", "account", ["subject"], unique=True)
