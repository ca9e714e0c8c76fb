"""Origins that look like ours and are not: fifteen ways to fool a check that is not exact."""


def look_alikes(origin: str) -> list[str]:
    """Returns what ``origin``, as ``https://example.com``, is easily taken for."""
    scheme, _, host = origin.partition("://")
    name, _, port = host.partition(":")
    other = "http" if scheme == "https" else "https"
    with_port = f":{port}" if port else ""
    return [
        f"{other}://{host}",
        f"{origin}.evil.example",
        f"{scheme}://evil.example/{host}",
        f"{scheme}://evil{host}",
        f"{scheme}://sub.{host}",
        f"{scheme}://{name}@evil.example{with_port}",
        f"{scheme}://evil.example#{origin}",
        f"{scheme}://evil.example?{origin}",
        f"{origin}/",
        f"{scheme}://{name}:{int(port or 443) + 1}",
        f"{scheme}://{name}.{with_port}",
        f"{scheme}:{host}",
        f"{origin}, https://evil.example",
        f"{scheme.upper()}://{host.upper()}",
        "null",
    ]
