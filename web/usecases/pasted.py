"""Free-text answers that hold the text of another candidate's answer to the same item."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import Session

from item_bank.models import AnswerSignature, Sitting
from item_bank.signatures import keep_signature, sharing_a_band

if TYPE_CHECKING:
    from scoring_models import GateSettings, Reason


def judge_against_others(
    session: Session,
    sitting: Sitting,
    position: int,
    item_id: UUID,
    written: str,
    question: str,
    settings: "GateSettings",
) -> "tuple[Reason, ...]":
    """Compare an answer with those of other candidates to the item, and keep its signature.

    Whoever answers first is not flagged; who pastes the same text later is. Of the other answers
    only how many they are, and how much of the text they hold, becomes known.
    """
    from scoring_models.gaming.boilerplate import Signature, resemblance, signature
    from scoring_models.gate import judge_pasted

    own = signature(written, question)
    if own is None:
        return ()
    bands = list(own.bands)
    met = sharing_a_band(session, item_id, sitting.candidate, bands)
    shares = [
        resemblance(own, Signature.from_bytes(other.minima, other.n_shingles)) for other in met
    ]
    keep_signature(
        session,
        AnswerSignature(
            sitting_id=sitting.id,
            position=position,
            item_id=item_id,
            candidate=sitting.candidate,
            n_shingles=own.n_shingles,
            minima=own.to_bytes(),
            bands=bands,
        ),
    )
    return judge_pasted(shares, settings)
