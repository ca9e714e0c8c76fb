"""The help of the program: every command and every option of it says what it is for."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from app.__main__ import main


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yields every command with the words that call it, groups too."""
    yield above, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        else:
            yield (*above, name), command


ALL = dict(commands(main))


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_no_line_of_a_help_is_cut_short(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])

    assert result.exit_code == 0
    assert "..." not in result.output.replace("COMMAND [ARGS]...", "")


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_option_says_what_it_is_for(words: tuple[str, ...]) -> None:
    options = [one for one in ALL[words].params if isinstance(one, click.Option) and not one.hidden]

    assert [one.opts for one in options if not one.help] == []
