"""Segments, and the segmentation rules that say by which of them entries are split."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, col, delete, func, select

from storage.columns import Identifier, UtcDateTime, wire_enum
from storage.words import TransactionType


class SegmentDefinition(SQLModel, table=True):
    """A business dimension of a transaction, such as country or product."""

    __tablename__ = "segment"

    id: int | None = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    name: str = Field(max_length=100, unique=True)


class SegmentationRule(SQLModel, table=True):
    """A named, ordered set of segments. At most one is active; one that a run has used is fixed for ever."""

    __tablename__ = "segmentation_rule"
    __table_args__ = (
        Index(
            "one_active_segmentation_rule",
            "active",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    name: str = Field(max_length=100, unique=True)
    active: bool = False
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class SegmentationRuleSegment(SQLModel, table=True):
    """One place in a rule's ordered set: for every transaction type, or (an override) for one type."""

    __tablename__ = "segmentation_rule_segment"
    __table_args__ = (UniqueConstraint("segmentation_rule_id", "transaction_type", "position"),)

    id: int | None = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    segmentation_rule_id: int = Field(sa_column=Column(Identifier, ForeignKey("segmentation_rule.id"), nullable=False))
    transaction_type: TransactionType | None = Field(default=None, sa_column=Column(wire_enum(TransactionType)))
    position: int
    segment_name: str = Field(foreign_key="segment.name", max_length=100)


RuleSegments = dict[TransactionType | None, list[str]]
"""Segment names in their order, by transaction type; None stands for the types without an override."""


def segment_names(session: Session) -> list[str]:
    """Every known segment's name, in alphabetical order."""
    return list(session.exec(select(SegmentDefinition.name).order_by(SegmentDefinition.name)))


def active_rule(session: Session) -> SegmentationRule | None:
    """The active segmentation rule, if there is one."""
    return session.exec(select(SegmentationRule).where(col(SegmentationRule.active))).one_or_none()


def rule_named(session: Session, name: str) -> SegmentationRule | None:
    """The segmentation rule of that name."""
    return session.exec(select(SegmentationRule).where(SegmentationRule.name == name)).one_or_none()


def rule_segments(session: Session, rule_id: int) -> RuleSegments:
    """The segments of a rule, ordered, by the transaction type that they hold for."""
    rows = session.exec(
        select(SegmentationRuleSegment)
        .where(SegmentationRuleSegment.segmentation_rule_id == rule_id)
        .order_by(col(SegmentationRuleSegment.position))
    )
    segments: RuleSegments = {}
    for row in rows:
        segments.setdefault(row.transaction_type, []).append(row.segment_name)
    return segments


def count_rules(session: Session) -> int:
    """How many segmentation rules there are; the domain allows 50."""
    return session.exec(select(func.count()).select_from(SegmentationRule)).one()


def save_segments(session: Session, names: Iterable[str]) -> None:
    """Make these segments known. Segments are never removed."""
    known = set(segment_names(session))
    session.add_all(SegmentDefinition(name=name) for name in dict.fromkeys(names) if name not in known)
    session.flush()


def deactivate_rules(session: Session) -> None:
    """Leave no rule active, so that another can become the active one."""
    for rule in session.exec(select(SegmentationRule).where(col(SegmentationRule.active))):
        rule.active = False
        session.add(rule)
    session.flush()


def save_rule(session: Session, rule: SegmentationRule, segments: RuleSegments) -> None:
    """Store the rule with exactly these segments."""
    session.add(rule)
    session.flush()
    assert rule.id is not None
    session.exec(delete(SegmentationRuleSegment).where(col(SegmentationRuleSegment.segmentation_rule_id) == rule.id))
    session.add_all(_rows(rule.id, segments))
    session.flush()


def _rows(rule_id: int, segments: RuleSegments) -> Sequence[SegmentationRuleSegment]:
    return [
        SegmentationRuleSegment(
            segmentation_rule_id=rule_id,
            transaction_type=transaction_type,
            position=position,
            segment_name=name,
        )
        for transaction_type, names in segments.items()
        for position, name in enumerate(names)
    ]
