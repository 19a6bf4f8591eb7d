"""Segments, and the segmentation rules that split entries by them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, col, delete, func, select

from storage.bi.definitions import define_views
from storage.columns import Identifier, UtcDateTime, wire_enum
from storage.words import TransactionType


class SegmentDefinition(SQLModel, table=True):
    """A business dimension of a transaction, such as country or product."""

    __tablename__ = "segment"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    name: str = Field(max_length=100, unique=True)


class SegmentationRule(SQLModel, table=True):
    """A named, ordered set of segments. At most one is active; the segments of a used rule never change."""

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

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    name: str = Field(max_length=100, unique=True)
    active: bool = False
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class SegmentationRuleSegment(SQLModel, table=True):
    """A segment of a rule, with its position: for all transaction types, or (an override) for one type."""

    __tablename__ = "segmentation_rule_segment"
    __table_args__ = (UniqueConstraint("segmentation_rule_id", "transaction_type", "position"),)

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    segmentation_rule_id: int = Field(sa_column=Column(Identifier, ForeignKey("segmentation_rule.id"), nullable=False))
    transaction_type: TransactionType | None = Field(default=None, sa_column=Column(wire_enum(TransactionType)))
    position: int
    segment_name: str = Field(foreign_key="segment.name", max_length=100)


RuleSegments = dict[TransactionType | None, list[str]]
"""Ordered segment names by transaction type; None is for the types without an override."""


def segment_names(session: Session) -> list[str]:
    """The names of all segments, in alphabetical order."""
    return list(session.exec(select(SegmentDefinition.name).order_by(SegmentDefinition.name)))


def active_rule(session: Session) -> SegmentationRule | None:
    """The active segmentation rule, if there is one."""
    return session.exec(select(SegmentationRule).where(col(SegmentationRule.active))).one_or_none()


def rule_named(session: Session, name: str) -> SegmentationRule | None:
    """The segmentation rule with that name."""
    return session.exec(select(SegmentationRule).where(SegmentationRule.name == name)).one_or_none()


def rule_segments(session: Session, rule_id: int) -> RuleSegments:
    """The ordered segments of a rule, by transaction type."""
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
    """The number of segmentation rules; the maximum is 50."""
    return session.exec(select(func.count()).select_from(SegmentationRule)).one()


def save_segments(session: Session, names: Iterable[str]) -> None:
    """Insert new segments, and give the views for reports their columns. Segments are never removed."""
    known = set(segment_names(session))
    new = [SegmentDefinition(name=name) for name in dict.fromkeys(names) if name not in known]
    session.add_all(new)
    session.flush()
    if new:
        define_views(session.connection())


def deactivate_rules(session: Session) -> None:
    """Deactivate every rule, so that another can be activated."""
    for rule in session.exec(select(SegmentationRule).where(col(SegmentationRule.active))):
        rule.active = False
        session.add(rule)
    session.flush()


def save_rule(session: Session, rule: SegmentationRule, segments: RuleSegments) -> None:
    """Insert or update the rule, with exactly these segments."""
    session.add(rule)
    session.flush()
    session.exec(delete(SegmentationRuleSegment).where(col(SegmentationRuleSegment.segmentation_rule_id) == rule.id))
    session.add_all(_rows(rule.id, segments))
    session.flush()


def _rows(rule_id: int, segments: RuleSegments) -> Sequence[SegmentationRuleSegment]:
    return [
        SegmentationRuleSegment(
            segmentation_rule_id=rule_id, transaction_type=transaction_type, position=position, segment_name=name
        )
        for transaction_type, names in segments.items()
        for position, name in enumerate(names)
    ]
