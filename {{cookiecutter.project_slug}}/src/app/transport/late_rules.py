"""Rules of routes that compile what builds their addresses when an address is first asked for.

Werkzeug writes and compiles two functions in Python for each rule as it is added: four fifths of
the time that making the application takes. Of most rules nobody ever asks for the address.
"""

from collections.abc import Callable

from quart.routing import QuartRule

Builder = Callable[..., tuple[str, str]]


class LateRule(QuartRule):
    """Quart's rule; an address is built as there, from its first time on by the same function."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compile_now = super()._compile_builder
        name = "_build_unknown" if append_unknown else "_build"

        def build(rule: "LateRule", /, **values: object) -> tuple[str, str]:
            compiled: Builder = compile_now(append_unknown).__get__(rule, None)
            setattr(rule, name, compiled)
            return compiled(**values)

        return build
