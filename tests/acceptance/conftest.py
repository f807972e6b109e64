from collections.abc import Iterator

import pytest

from tests.acceptance.workspaces import mailbox_server
from tests.servers.dovecot import Dovecot


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """The mailbox of the one applicant."""
    with mailbox_server() as server:
        yield server
