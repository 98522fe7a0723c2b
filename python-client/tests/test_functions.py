"""Python functions as a model is told of them, and what becomes of what it sends."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Optional, TypedDict

import pydantic
import pytest

import axoner
from axoner._functions import FunctionTool, error_answer, function_tools, read_docstring, value_answer


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Address(TypedDict, total=False):
    city: str


@dataclass
class Point:
    x: int
    y: float = 0.0


class Item(pydantic.BaseModel):
    sku: str
    count: int = pydantic.Field(ge=1)


def order(
    sku: str,
    count: int,
    ratio: float = 1.0,
    express: bool = False,
    colour: Colour = Colour.RED,
    size: Literal["s", "l"] = "s",
    day: date | None = None,
    price: Optional[Decimal] = None,  # noqa: UP045
    tags: list[str] = [],  # noqa: B006
    stock: dict[str, int] = {},  # noqa: B006
    points: Sequence[Point] = (),
    address: Address = {},  # noqa: B006
    item: Item | None = None,
    note: Annotated[str, "For the parcel."] = "",
    anything: Any = None,
):
    """Order pieces.

    Only where there is money.

    :param sku: Which one,
        with its zeros.
    :param count: How many.
    """
    return locals()


def test_annotations_and_docstring_become_a_definition():
    definition = FunctionTool(order).definition(2.5)
    assert definition["name"] == "order"
    assert definition["description"] == "Order pieces.\n\nOnly where there is money."
    assert definition["timeout_s"] == 2.5
    schema = definition["input_schema"]
    assert schema["required"] == ["sku", "count"]
    properties = schema["properties"]
    assert properties["sku"] == {"type": "string", "description": "Which one, with its zeros."}
    assert properties["count"] == {"type": "integer", "description": "How many."}
    assert properties["colour"] == {"enum": ["red", "blue"], "type": "string"}
    assert properties["day"] == {"type": "string", "format": "date"}
    assert properties["stock"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert properties["points"]["items"]["required"] == ["x"]
    assert properties["address"]["required"] == []
    assert properties["note"] == {"type": "string", "description": "For the parcel."}
    assert properties["anything"] == {}
    assert "sku" in properties["item"]["properties"]


def test_what_a_model_sends_becomes_values_of_the_types():
    sent = {
        "sku": "007",
        "count": "3",
        "ratio": 2,
        "express": "true",
        "colour": "blue",
        "day": "2026-01-31",
        "price": "19.99",
        "tags": ["a"],
        "stock": {"x": 1.0},
        "points": [{"x": 1}],
        "address": {"city": "Oslo"},
        "item": {"sku": "a", "count": 2},
    }
    assert FunctionTool(order).bind(sent) == {
        **sent,
        "count": 3,
        "ratio": 2.0,
        "express": True,
        "colour": Colour.BLUE,
        "day": date(2026, 1, 31),
        "price": Decimal("19.99"),
        "stock": {"x": 1},
        "points": [Point(1)],
        "item": Item(sku="a", count=2),
    }
    assert FunctionTool(order).bind({"sku": "1", "count": 1, "day": None}) == {"sku": "1", "count": 1}


@pytest.mark.parametrize(
    "sent, wanted",
    [
        ({"count": 1}, "sku, which is missing"),
        ({"sku": "a", "count": 1.5}, "count an integer"),
        ({"sku": "a", "count": True}, "count an integer"),
        ({"sku": None, "count": 1}, "sku a string"),
        ({"sku": "a", "count": 1, "colour": "green"}, "colour one of 'red', 'blue'"),
        ({"sku": "a", "count": 1, "price": "cheap"}, "price a decimal number as text"),
        ({"sku": "a", "count": 1, "tags": "a"}, "tags a list"),
        ({"sku": "a", "count": 1, "points": [{"x": 1}, {"x": "?"}]}, r"points\[1\].x an integer"),
        ({"sku": "a", "count": 1, "stock": {"k": []}}, r"stock\['k'\] an integer"),
        ({"sku": "a", "count": 1, "item": {"sku": "a", "count": 0}}, "greater than or equal to 1"),
        ({"sku": "a", "count": 1, "hurry": 1}, "no hurry; there is sku, count"),
        ([], "an object"),
    ],
)
def test_a_wrong_argument_is_named_for_the_model(sent, wanted):
    with pytest.raises(axoner.InvalidInput, match=f"order wants .*{wanted}"):
        FunctionTool(order).bind(sent)


@dataclass
class Parcel:
    count: ClassVar[int] = 0
    weight: float
    scale: InitVar[int] = 1
    label: str = field(init=False, default="")

    def __post_init__(self, scale: int) -> None:
        self.label = f"{self.weight * scale:g}"


def mixed(
    code: int | str,
    levels: dict[int, str],
    step: Literal[1, 2] = 1,
    flags: dict[bool, list[int]] = {},  # noqa: B006
    some: int | float | bool | None = None,
    parcel: Parcel | None = None,
):
    """Mixed."""


@pytest.mark.parametrize(
    "sent, given",
    [
        ({"code": "0042"}, {"code": "0042"}),
        ({"code": 42}, {"code": 42}),
        ({"levels": {"1": "one", "-2": "two"}}, {"levels": {1: "one", -2: "two"}}),
        ({"step": 2}, {"step": 2}),
        ({"step": 2.0}, {"step": 2}),
        ({"flags": {"true": [1]}}, {"flags": {True: [1]}}),
        ({"some": True}, {"some": True}),
        ({"some": 2.5}, {"some": 2.5}),
        ({"some": 2.0}, {"some": 2.0}),
        ({"some": 2}, {"some": 2}),
        ({"some": "2"}, {"some": 2}),
    ],
)
def test_a_value_keeps_the_type_it_has_in_json_where_the_annotation_has_it(sent, given):
    bound = FunctionTool(mixed).bind({"code": "", "levels": {}, **sent})
    assert {name: bound[name] for name in given} == given
    assert [type(bound[name]) for name in given] == [type(value) for value in given.values()]


@pytest.mark.parametrize(
    "sent, wanted",
    [
        ({"step": True}, "step one of 1, 2"),
        ({"step": "1"}, "step one of 1, 2"),
        ({"levels": {"one": "1"}}, "levels an integer as the key 'one'"),
        ({"parcel": {"weight": 1, "label": "x"}}, "no label; there is weight, scale"),
    ],
)
def test_a_value_of_another_type_is_named(sent, wanted):
    with pytest.raises(axoner.InvalidInput, match=wanted):
        FunctionTool(mixed).bind({"code": "", "levels": {}, **sent})


def test_a_dataclass_is_asked_for_what_it_is_made_with():
    tool = FunctionTool(mixed)
    schema = tool.definition(None)["input_schema"]["properties"]["parcel"]
    assert (list(schema["properties"]), schema["required"]) == (["weight", "scale"], ["weight"])
    made = tool.bind({"code": "", "levels": {}, "parcel": {"weight": 1.5, "scale": 2}})["parcel"]
    assert (made.weight, made.label) == (1.5, "3")


@dataclass
class Tree:
    children: list[Tree]


def recursive(tree: Tree):
    return tree


def unannotated(x):
    return x


def variadic(*names: str):
    return names


def unsendable(x: type):
    return x


def misspelt(x: Nothing):  # noqa: F821
    return x


@pytest.mark.parametrize(
    "function, problem",
    [
        (unannotated, "x has no annotation"),
        (variadic, "name it"),
        (unsendable, "unsendable: x is"),
        (misspelt, "Nothing"),
        (recursive, "recursive: tree is of a type that holds itself"),
        (lambda x: x, "no name that a model could call"),
    ],
)
def test_a_function_that_cannot_be_described_is_refused_with_its_reason(function, problem):
    with pytest.raises(TypeError, match=problem):
        FunctionTool(function)


def test_two_functions_of_one_name_are_refused():
    with pytest.raises(TypeError, match="called order"):
        function_tools([order, order])


@pytest.mark.parametrize(
    "text",
    [
        "Say.\n\nArgs:\n    name: Whom\n        to greet.\n    loud (bool): Or not.\n\nReturns:\n    name: nothing",
        "Say.\n\n:param name: Whom\n    to greet.\n:param bool loud: Or not.\n:returns: nothing",
        "Say.\n\nParameters\n---\nname : str\n    Whom\n    to greet.\nloud : bool\n    Or not.\n\nReturns\n---\nstr",
    ],
    ids=["google", "sphinx", "numpy"],
)
def test_docstrings_of_three_manners_are_read(text):
    assert read_docstring(text) == ("Say.", {"name": "Whom to greet.", "loud": "Or not."})


@pytest.mark.parametrize(
    "value, told",
    [
        (3, {"result": 3}),
        ({"a": date(2026, 1, 31)}, {"a": "2026-01-31"}),
        (Point(1, 2), {"x": 1, "y": 2}),
        ([Item(sku="a", count=1), Colour.RED, Decimal("0.1")], {"result": [{"sku": "a", "count": 1}, "red", "0.1"]}),
        ({"many"}, {"result": ["many"]}),
        (None, {"result": None}),
    ],
)
def test_what_a_function_returns_is_told_as_json(value, told):
    assert value_answer(FunctionTool(order), value) == {"value": told}


@pytest.mark.parametrize("value", [float("nan"), object(), {1: object()}])
def test_what_is_no_json_is_told_as_an_error(value):
    answer = value_answer(FunctionTool(order), value)
    assert (answer["code"], "no JSON" in answer["message"]) == ("internal", True)


def test_an_exception_is_told_and_its_traceback_logged(caplog):
    tool = FunctionTool(order)
    assert error_answer(tool, axoner.NotFound("no such sku; try 7")) == {
        "code": "not_found",
        "message": "no such sku; try 7",
    }
    assert caplog.records == []
    assert error_answer(tool, KeyError("x")) == {"code": "internal", "message": "order failed with KeyError: 'x'"}
    assert caplog.records[0].exc_info[1].args == ("x",)
