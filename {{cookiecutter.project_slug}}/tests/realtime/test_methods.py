"""What can be registered for clients to call."""

from dataclasses import dataclass

import pytest

from app.principal import Principal
from app.realtime.methods import Methods


@dataclass(frozen=True)
class Order:
    colour: str


async def paint(who: Principal, data: Order) -> str:
    return data.colour


def test_a_method_is_found_by_its_name_with_what_it_takes_and_returns() -> None:
    methods = Methods()

    methods.add("walls.paint", paint)

    found = methods.find("walls.paint")
    assert found is not None
    assert (found.takes, found.returns) == (Order, str)
    assert methods.all() == [found]
    assert methods.find("walls.burn") is None


def test_a_name_is_given_once() -> None:
    methods = Methods()
    methods.add("walls.paint", paint)

    for name in ("walls.paint", ""):
        with pytest.raises(ValueError, match="cannot be named"):
            methods.add(name, paint)


async def without_data(who: Principal) -> None: ...


async def without_a_type(who: Principal, data) -> None: ...  # type: ignore[no-untyped-def]


@pytest.mark.parametrize("handler", [without_data, without_a_type])
def test_a_handler_takes_a_caller_and_data_with_a_type(handler: object) -> None:
    with pytest.raises(TypeError, match="takes a caller and data"):
        Methods().add("x", handler)  # type: ignore[arg-type]
