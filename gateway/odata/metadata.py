"""`$metadata`: the description of the entity sets in CSDL, the XML of OData 4.0."""

from collections.abc import Iterable
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from gateway.odata import NAMESPACE
from gateway.odata.filter_text import FUNCTIONS
from gateway.odata.types import FACETS, KEY, TYPES, is_comparable
from storage.bi.catalogue import Kind, View

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"

_CORE, _CAPABILITIES = "Org.OData.Core.V1", "Org.OData.Capabilities.V1"
_VOCABULARIES = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{}.xml"

_ON_DELETED = (
    " What has been deleted is left out, unless $filter names deleted or updated_at: then it is there too, with deleted"
    " true."
)
_ON_JSON = " It is JSON as text, for which there is no $filter and no $orderby."


def metadata(views: Iterable[View]) -> bytes:
    """The document for these views."""
    return _metadata(tuple(views))


@lru_cache(maxsize=32)
def _metadata(views: tuple[View, ...]) -> bytes:
    document = Element("edmx:Edmx", {"xmlns:edmx": _EDMX, "Version": "4.0"})
    for vocabulary in (_CORE, _CAPABILITIES):
        reference = SubElement(document, "edmx:Reference", {"Uri": _VOCABULARIES.format(vocabulary)})
        SubElement(reference, "edmx:Include", {"Namespace": vocabulary})
    services = SubElement(document, "edmx:DataServices")
    schema = SubElement(services, "Schema", {"xmlns": _EDM, "Namespace": NAMESPACE})
    for view in views:
        _add_type(schema, view)
    container = SubElement(schema, "EntityContainer", {"Name": "Reports"})
    for view in views:
        _add_set(container, view)
    _annotate(
        container, f"{_CAPABILITIES}.ConformanceLevel", EnumMember=f"{_CAPABILITIES}.ConformanceLevelType/Minimal"
    )
    _annotate(container, f"{_CAPABILITIES}.BatchSupported", Bool="false")
    functions = SubElement(_annotate(container, f"{_CAPABILITIES}.FilterFunctions"), "Collection")
    for name in FUNCTIONS:
        SubElement(functions, "String").text = name
    ElementTree.indent(document)
    text: bytes = ElementTree.tostring(document, "utf-8", xml_declaration=True)
    return text


def _add_type(schema: Element, view: View) -> None:
    entity = SubElement(schema, "EntityType", {"Name": view.short_name})
    SubElement(SubElement(entity, "Key"), "PropertyRef", {"Name": KEY})
    for column in view.columns:
        nullable = {} if column.nullable else {"Nullable": "false"}
        facets = FACETS.get(column.kind, {})
        attributes = {"Name": column.name, "Type": TYPES[column.kind], **nullable, **facets}
        described = column.description + (_ON_JSON if column.kind is Kind.JSON else "")
        _annotate(SubElement(entity, "Property", attributes), f"{_CORE}.Description", String=described)


def _add_set(container: Element, view: View) -> None:
    attributes = {"Name": view.short_name, "EntityType": f"{NAMESPACE}.{view.short_name}"}
    entities = SubElement(container, "EntitySet", attributes)
    _annotate(entities, f"{_CORE}.Description", String=view.description + _ON_DELETED)
    for change in ("Insert", "Update", "Delete"):
        _restrict(entities, f"{change}Restrictions", f"{change}able".replace("Updateable", "Updatable"))
    _restrict(entities, "SearchRestrictions", "Searchable")
    _restrict(entities, "ExpandRestrictions", "Expandable")
    if unfit := [column.name for column in view.columns if not is_comparable(column)]:
        for kind in ("Filter", "Sort"):
            record = SubElement(_annotate(entities, f"{_CAPABILITIES}.{kind}Restrictions"), "Record")
            value = SubElement(record, "PropertyValue", {"Property": f"Non{kind}ableProperties"})
            paths = SubElement(value, "Collection")
            for name in unfit:
                SubElement(paths, "PropertyPath").text = name


def _restrict(element: Element, term: str, name: str) -> None:
    record = SubElement(_annotate(element, f"{_CAPABILITIES}.{term}"), "Record")
    SubElement(record, "PropertyValue", {"Property": name, "Bool": "false"})


def _annotate(element: Element, term: str, **value: str) -> Element:
    return SubElement(element, "Annotation", {"Term": term, **value})
