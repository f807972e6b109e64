"""Whatever a page may have to show has a word, in both languages."""

from contextvars import copy_context

import pytest

from tracker.adapters.portals.faults import PageFault
from tracker.domain.match import ClueKind, Doubt
from tracker.domain.terms import (
    ChannelKind,
    EventKind,
    MessageKind,
    Outcome,
    RequestKind,
    RequestState,
    Verdict,
)
from tracker.i18n import LANGUAGES, speak_here
from tracker.services.accounts import Role
from tracker.services.audit import RATING
from tracker.services.contacts import MEDIA
from tracker.services.reference import COLUMNS_OF, TABLES
from tracker.services.task_kinds import TaskKind, task_word
from tracker.web.rendering import (
    clue_word,
    column_word,
    doubt_word,
    finding_word,
    medium_word,
    page_fault_word,
    role_word,
    table_word,
)
from tracker.words import channel_word, event_word, kind_word, label_word, state_word, verdict_word

WORDS = [
    *((event_word, code) for code in EventKind),
    *((verdict_word, code) for code in Verdict),
    *((state_word, code) for code in RequestState),
    *((kind_word, code) for code in RequestKind),
    *((channel_word, code) for code in ChannelKind),
    *((label_word, code) for code in [*MessageKind, *Outcome]),
    *((task_word, code) for code in TaskKind),
    *((clue_word, code) for code in ClueKind),
    *((doubt_word, code) for code in Doubt),
    *((medium_word, code) for code in MEDIA),
    *((page_fault_word, code) for code in PageFault),
    *((finding_word, code) for code in (*ChannelKind, RATING)),
    *((table_word, code) for code in TABLES),
    *((column_word, code) for columns in COLUMNS_OF.values() for code in columns),
    *((role_word, code) for code in Role),
]


@pytest.mark.parametrize(("word", "code"), WORDS, ids=lambda one: getattr(one, "__name__", str(one)))
def test_every_code_has_a_word(word, code):
    def said_in(language: str) -> str:
        speak_here(language)
        return str(word(code))

    chinese, english = (copy_context().run(said_in, language) for language in LANGUAGES)
    assert chinese
    assert english
    assert chinese != english
