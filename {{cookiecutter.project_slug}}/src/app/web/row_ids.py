"""Numbers in addresses: those that PostgreSQL can hold, since an id beyond them names nothing."""

from quart import Quart
from werkzeug.routing import IntegerConverter

# By digits, not with the converter's ``max``: Werkzeug 3 answers that with 405 instead of 404.
ROW_ID_MAX_DIGITS = 18
ROW_ID_MAX = 10**ROW_ID_MAX_DIGITS - 1


class RowId(IntegerConverter):
    """``<int:name>``; what no ``bigint`` holds is an address that is not there: 404."""

    regex = rf"\d{{1,{ROW_ID_MAX_DIGITS}}}"


def install_row_ids(app: Quart) -> None:
    """Has every route that is added from now on take such numbers."""
    app.url_map.converters = {**app.url_map.converters, "int": RowId}
