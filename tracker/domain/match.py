"""What matching found: the requests a message answers, the clues it rests on, or why it is left to a person."""

from dataclasses import dataclass
from enum import StrEnum


class ClueKind(StrEnum):
    """In order of weight."""

    THREAD = "thread"  # In-Reply-To, References, or a returned original name our letter
    NUMBER = "number"  # a receipt or document number of this request
    QUOTED = "quoted_request"  # our letter stands in the message: its text, or its title and sender
    REPEATED = "repeated_title"  # our title stands behind "Re:" or in the quotation
    TITLE = "title"  # the writer names what was asked, whole
    TOPIC = "topic"  # the writer names what tells this request from others
    SENDER = "sender"  # one of the unit's own addresses
    WRITER = "known_writer"  # an address from which this request was answered before
    DOMAIN = "domain"  # another address of a domain that is the unit's alone
    FAILED_ADDRESS = "failed_address"  # a mail system returns a letter to one of the unit's addresses
    UNIT_NAMED = "unit_named"
    APPLICANT_NAMED = "applicant_named"


@dataclass(frozen=True, slots=True)
class Clue:
    kind: ClueKind
    reference: str


class Doubt(StrEnum):
    """Why a message is left to a person."""

    NO_CLUE = "no_clue"
    OWN_LETTER = "own_letter"
    SEVERAL = "several_requests_fit"
    CONTRADICTION = "clues_contradict"
    ANOTHER_UNIT = "another_unit_writes"
    ANOTHER_MATTER = "another_matter_is_named"
    ANOTHER_PERSON = "another_person_is_addressed"
    WEAK = "clues_too_weak"


@dataclass(frozen=True, slots=True)
class Match:
    """`references` the message surely answers (empty: the holding pen, for `doubt`); all clues are kept."""

    references: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()  # best first
    clues: tuple[Clue, ...] = ()
    doubt: Doubt | None = None
    elsewhere: str = ""  # the mailbox of another applicant for whom the letter was meant

    def kinds(self, reference: str) -> list[ClueKind]:
        return [clue.kind for clue in self.clues if clue.reference == reference]

    @property
    def is_nobodys(self) -> bool:
        """Whether next to nothing points at a request of this applicant, or it is meant for somebody else."""
        is_weak = self.doubt in (Doubt.WEAK, Doubt.NO_CLUE, Doubt.ANOTHER_PERSON)
        return not self.references and (is_weak or not self.candidates)

    def is_surely_ours(self, reference: str) -> bool:
        """Whether it goes back to our letter by itself, or names the applicant and comes from the unit."""
        kinds = self.kinds(reference)
        is_named = ClueKind.APPLICANT_NAMED in kinds and not _OF_UNIT.isdisjoint(kinds)
        return is_named or not _BY_PROGRAM.isdisjoint(kinds)


_BY_PROGRAM = frozenset({ClueKind.THREAD, ClueKind.NUMBER, ClueKind.QUOTED, ClueKind.REPEATED})
_OF_UNIT = frozenset({ClueKind.SENDER, ClueKind.DOMAIN, ClueKind.WRITER})
