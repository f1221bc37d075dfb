"""Who may be promoted to a job class, and for everyone else why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session

from assessment_engine import Issuance, PlacementPolicy, eligible
from item_bank.database import utcnow
from web.people.directory import Chosen
from web.personnel.board import PersonStanding, standings
from web.personnel.exporting import Table
from web.policies.schema import PolicyFile
from web.policies.store import policy_by_id, policy_content, policy_in_force
from web.usecases.issuing import issuances
from web.usecases.placement_words import reason_words


@dataclass(frozen=True, slots=True)
class Candidacy:
    """One person's standing for a class; ``reasons`` are sentences, none if eligible."""

    standing: PersonStanding
    ok: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What judging takes beside a placement: its policy by id, who issued its result."""

    policies: Mapping[UUID, tuple[PolicyFile, PlacementPolicy]]
    issued: Mapping[UUID, Issuance]


def target_classes(session: Session) -> list[tuple[str, str]]:
    """The classes for which the policy in force has a rule, as code and name."""
    policy = policy_content(policy_in_force(session))
    return [(one.code, one.name) for one in policy.job_classes if one.code in policy.eligibility]


def candidacies(session: Session, target: str, chosen: Chosen) -> list[Candidacy]:
    """Judge the chosen people for promotion to ``target``: the eligible first, then by name."""
    policy = policy_content(policy_in_force(session))
    found = standings(session, chosen)
    kept = [one.kept for one in found if one.kept]
    made_by = {one: policy_by_id(session, one) for one in {row.policy_id for row in kept}}
    evidence = _Evidence(
        {one: (content, content.engine()) for one, content in made_by.items()},
        issuances(session, kept),
    )
    judged = [_judge(policy, evidence, target, one) for one in found]
    return sorted(judged, key=lambda one: not one.ok)


def candidacy_table(session: Session, target: str, judged: Sequence[Candidacy]) -> Table:
    policy = policy_content(policy_in_force(session))
    headings = {
        "nip": _("NIP"),
        "name": _("Nama"),
        "unit": _("Unit"),
        "position": _("Jabatan"),
        "job_class": _("Kelas jabatan"),
        "target": _("Kelas tujuan"),
        "eligible": _("Layak"),
        "box": _("Kotak"),
        "provisional": _("Sementara"),
        "reasons": _("Alasan"),
        "policy": _("Kebijakan"),
    }
    return Table(_("Daftar kelayakan"), headings, [_row(policy, target, one) for one in judged])


def _judge(policy: PolicyFile, evidence: _Evidence, target: str, one: PersonStanding) -> Candidacy:
    reasons: list[str] = []
    if _holds(policy, one.listed.position.job_class, target):
        reasons.append(_("Sudah menduduki kelas jabatan ini atau yang lebih tinggi."))
    if one.kept is None or one.placement is None:
        reasons.append(_("Belum memiliki penempatan, karena belum ada data yang dinilai."))
        return Candidacy(one, False, tuple(reasons))
    made_by, engine = evidence.policies[one.kept.policy_id]
    if target not in made_by.eligibility:
        reasons.append(
            _(
                "Penempatan dibuat menurut kebijakan %(version)s, yang tidak mengatur kelas "
                "jabatan ini.",
                version=made_by.version,
            )
        )
        return Candidacy(one, False, tuple(reasons))
    issuance = evidence.issued.get(one.kept.id)
    judged = eligible(engine, one.placement, target, issuance, utcnow().date().isoformat())
    reasons += [reason_words(reason, made_by) for reason in judged.reasons]
    return Candidacy(one, not reasons, tuple(reasons))


def _holds(policy: PolicyFile, job_class: str, target: str) -> bool:
    """Whether a class is the target or above it; the policy lists its classes ascending."""
    order = [one.code for one in policy.job_classes]
    if job_class not in order or target not in order:
        return False
    return order.index(job_class) >= order.index(target)


def _row(policy: PolicyFile, target: str, one: Candidacy) -> dict[str, Any]:
    listed, placement = one.standing.listed, one.standing.placement
    return {
        "nip": listed.person.nip,
        "name": listed.person.name,
        "unit": listed.unit.name,
        "position": listed.position.title,
        "job_class": policy.class_name(listed.position.job_class),
        "target": policy.class_name(target),
        "eligible": one.ok,
        "box": placement.box if placement else None,
        "provisional": placement.provisional if placement else None,
        "reasons": list(one.reasons),
        "policy": one.standing.kept.versions.get("policy") if one.standing.kept else None,
    }
