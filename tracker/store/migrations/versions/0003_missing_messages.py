"""letters that a server has and did not hand over"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("mailbox_mark", sa.Column("missing", sa.String(), nullable=False, server_default="[]"))
