"""Forms as this service reads them: few parts, short heads of parts, and names that lead nowhere.

Quart keeps the head of a part of any size, makes an empty form of one that cannot be read, and
hands on the name of a file as the client wrote it.
"""

from io import BytesIO
from typing import IO
from typing import Any

from quart.formparser import FormDataParser
from quart.formparser import MultiPartParser
from werkzeug.exceptions import BadRequest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data
from werkzeug.sansio.multipart import Epilogue
from werkzeug.sansio.multipart import Event
from werkzeug.sansio.multipart import Field
from werkzeug.sansio.multipart import File
from werkzeug.sansio.multipart import MultipartDecoder
from werkzeug.sansio.multipart import NeedData
from werkzeug.sansio.multipart import State

from app.transport.file_names import shown_name

PART_HEAD_MAX_BYTES = 8 * 1_024


class BoundedDecoder(MultipartDecoder):
    """Finds the parts of a body; a head that is too long is refused before it is kept."""

    def next_event(self) -> Event:
        """Returns what comes next.

        Raises:
            RequestEntityTooLarge: the head of a part is too long.
        """
        is_head = self.state is State.PART
        waiting_bytes = len(self.buffer)
        event = super().next_event()
        head_bytes = waiting_bytes - len(self.buffer)
        if isinstance(event, NeedData):
            head_bytes = waiting_bytes
        if is_head and head_bytes > PART_HEAD_MAX_BYTES:
            raise RequestEntityTooLarge("the head of a part is too long")
        return event


class BoundedParts(MultiPartParser):
    """Reads a multipart form."""

    async def parse(self, body: Any, boundary: bytes, content_length: int) -> tuple[Any, Any]:
        """Returns the fields and the files."""
        decoder = BoundedDecoder(boundary, self.max_content_length, max_parts=self.max_form_parts)
        fields: list[tuple[str, str]] = []
        files: list[tuple[str, Any]] = []
        part: Field | File | None = None
        kept: IO[bytes] = BytesIO()
        async for data in body:
            decoder.receive_data(data)
            while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
                if isinstance(event, Field | File):
                    part, kept = event, self._start(event, content_length)
                elif isinstance(event, Data) and part is not None:
                    kept.write(event.data)
                    self._check(part, kept)
                    if not event.more_data:
                        self._add(part, kept, fields, files)
        if decoder.state is not State.EPILOGUE:
            raise ValueError("the form ends in the middle of a part")
        return self.cls(fields), self.cls(files)

    def _start(self, part: Field | File, content_length: int) -> IO[bytes]:
        if not isinstance(part.name, str):
            raise ValueError("a part has no name")
        if isinstance(part, File):
            return self.start_file_streaming(part, content_length)
        return BytesIO()

    def _check(self, part: Field | File, kept: IO[bytes]) -> None:
        limit_bytes = self.max_form_memory_size
        if isinstance(part, Field) and limit_bytes is not None and kept.tell() > limit_bytes:
            raise RequestEntityTooLarge

    def _add(
        self,
        part: Field | File,
        kept: IO[bytes],
        fields: list[tuple[str, str]],
        files: list[tuple[str, Any]],
    ) -> None:
        kept.seek(0)
        if isinstance(part, Field):
            fields.append((part.name, kept.read().decode(self.get_part_charset(part.headers))))
        else:
            name = shown_name(part.filename)
            stored = self.file_storage_cls(kept, name, part.name, headers=part.headers)
            files.append((part.name, stored))


class BoundedForms(FormDataParser):
    """Reads forms of either kind; one that cannot be read is a bad request and not an empty one."""

    async def parse(
        self, body: Any, mimetype: str, content_length: int | None, options: Any = None
    ) -> tuple[Any, Any]:
        """Returns the fields and the files, none of what is no form.

        Raises:
            BadRequest: it says that it is a form, and is none; or a text in it holds NUL.
        """
        self.silent = False
        try:
            fields, files = await super().parse(body, mimetype, content_length, options)
        except ValueError as error:
            raise BadRequest("the form cannot be read") from error
        if any("\0" in name or "\0" in value for name, value in fields.items(multi=True)):
            raise BadRequest("NUL is in no text here")  # PostgreSQL stores none
        return fields, files

    def get_parse_func(self, mimetype: str, options: dict[str, str]) -> Any:
        """Returns what reads a body of this type, if anything."""
        if mimetype == "multipart/form-data":
            return type(self)._parse_multipart
        return super().get_parse_func(mimetype, options)

    async def _parse_multipart(
        self, body: Any, mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> tuple[Any, Any]:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("there is no boundary")
        parser = BoundedParts(
            cls=self.cls,  # type: ignore[arg-type]  # None only where somebody asks for it
            file_storage_cls=self.file_storage_class,
            max_content_length=self.max_content_length,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            stream_factory=self.stream_factory,
        )
        return await parser.parse(body, boundary, content_length or 0)
