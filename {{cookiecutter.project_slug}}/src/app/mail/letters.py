"""Letters from templates: ``<name>.txt`` begins with the subject, ``<name>.html`` is its twin.

Subject: Your password was changed

Hello {{ name }}, ...
"""

from pathlib import Path

from jinja2 import ChoiceLoader
from jinja2 import Environment
from jinja2 import FileSystemLoader
from jinja2 import StrictUndefined
from jinja2 import select_autoescape

from app.mail.message import Message

OWN_TEMPLATES = Path(__file__).parent / "templates"
SUBJECT = "Subject: "


class Letters:
    """Writes letters; a template that names a fact nobody gave fails, rather than send a gap."""

    def __init__(self, **facts: str) -> None:
        self._folders = [FileSystemLoader(OWN_TEMPLATES)]
        self._templates = Environment(
            loader=ChoiceLoader(self._folders),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(facts)

    def add_folder(self, folder: Path) -> None:
        """Has templates looked for in one more folder: that of a feature."""
        self._folders.append(FileSystemLoader(folder))

    def write(self, name: str, /, *, to: str, **facts: object) -> Message:
        """Returns the letter of that name.

        Raises:
            ValueError: the text has no subject line, or what comes of it is no subject or address.
            jinja2.TemplateError: there is no such letter, or it wants a fact that was not given.
        """
        told = self._templates.get_template(f"{name}.txt").render(facts)
        first, _, text = told.partition("\n")
        if not first.startswith(SUBJECT):
            raise ValueError(f"{name}.txt does not begin with {SUBJECT!r}")
        subject = first.removeprefix(SUBJECT).strip()
        html = self._templates.get_template(f"{name}.html").render({**facts, "subject": subject})
        return Message(to=to, subject=subject, text=text.lstrip("\n"), html=html)
