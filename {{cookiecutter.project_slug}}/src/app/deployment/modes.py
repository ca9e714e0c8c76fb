"""Checks of what is switched on or off."""

import os
import sys

from app.deployment.checks import dangerous
from app.deployment.checks import warning
from app.misspelt import misspelt
from app.settings import DEVELOPMENT_KEY
from app.settings import KEY_MIN_CHARACTERS
from app.settings import Settings

PROXIES_MOST = 5


@dangerous("service.001", "Set ENVIRONMENT=production; without it, nothing here holds up a start.")
def not_production(settings: Settings) -> str | None:
    """Finds another environment; demo people and lax checks belong to it."""
    if settings.environment != "production":
        return f"ENVIRONMENT is {settings.environment}"
    return None


@dangerous("service.004", "Set LOG_LEVEL=info.")
def debug_logs(settings: Settings) -> str | None:
    """Finds a log that tells what people send."""
    return (
        "LOG_LEVEL is debug: logs may hold personal data" if settings.log_level == "debug" else None
    )


@dangerous("identity.007", "Set IDENTITY_SECRET_KEYS to 64 random hexadecimal digits.")
def known_keys(settings: Settings) -> str | None:
    """Finds no key of our own to encrypt second factors with, or one that is too short."""
    keys = settings.identity.secret_keys.replace(",", " ").split()
    if not keys or DEVELOPMENT_KEY in keys:
        return "IDENTITY_SECRET_KEYS is empty, or the one of development"
    if any(len(key) < KEY_MIN_CHARACTERS for key in keys):
        return f"IDENTITY_SECRET_KEYS has a key of less than {KEY_MIN_CHARACTERS} characters"
    return None


@dangerous("identity.010", "Give the user of the service the right to read that file.")
def no_list_of_breaches(settings: Settings) -> str | None:
    """Finds a list that cannot be read: nobody could choose a password."""
    path = settings.identity.breached_passwords_file
    if path and not os.access(path, os.R_OK):
        return f"IDENTITY_BREACHED_PASSWORDS_FILE is {path}, which cannot be read"
    return None


@warning("identity.011", "Set IDENTITY_SECOND_FACTOR_REQUIRED_OF=administrators, or everybody.")
def factor_of_nobody(settings: Settings) -> str | None:
    """Finds that a password alone opens the administration (ASVS 5.0, 6.3.3)."""
    if settings.identity.second_factor_required_of == "nobody":
        return "IDENTITY_SECOND_FACTOR_REQUIRED_OF is nobody: a password opens the administration"
    return None


@warning("service.005", "Set LOG_FORMAT=json.")
def logs_for_people(settings: Settings) -> str | None:
    """Finds lines that no log store can take apart."""
    return (
        "LOG_FORMAT is console: programs cannot read it" if settings.log_format != "json" else None
    )


@warning(
    "service.006", "Start Python without -X dev and unset PYTHONDEVMODE and PYTHONASYNCIODEBUG."
)
def development_mode(settings: Settings) -> str | None:
    """Finds an interpreter that checks itself: slow, and it logs what callbacks hold."""
    if sys.flags.dev_mode or os.environ.get("PYTHONASYNCIODEBUG"):
        return "Python runs in development mode"
    return None


@warning("service.007", "Run the service as a user of its own; the image does.")
def root(settings: Settings) -> str | None:
    """Finds a process that may do anything."""
    return "the process runs as root" if os.geteuid() == 0 else None


@warning("service.008", "Write names as docs/settings.md has them.")
def misspelt_names(settings: Settings) -> str | None:
    """Finds variables that nobody reads, and that are nearly a setting."""
    found = [f"{name} is no setting, but {meant} is" for name, meant in misspelt().items()]
    return "; ".join(found) or None


@warning("web.001", "Set WEB_TRUSTED_PROXY_HOPS to the number of proxies in front, usually 1.")
def no_proxy(settings: Settings) -> str | None:
    """Finds TLS that must end at a proxy, and no proxy that is believed."""
    if settings.is_secure and settings.web.trusted_proxy_hops == 0:
        return "WEB_TRUSTED_PROXY_HOPS is 0: everybody has the address and the limits of the proxy"
    return None


@dangerous("web.002", "Set WEB_TRUSTED_PROXY_HOPS to the number of proxies in front, usually 1.")
def too_many_proxies(settings: Settings) -> str | None:
    """Finds trust in addresses that clients write themselves."""
    hops = settings.web.trusted_proxy_hops
    if not 0 <= hops <= PROXIES_MOST:
        return f"WEB_TRUSTED_PROXY_HOPS is {hops}: clients could choose their address"
    return None


@dangerous("realtime.001", "Set REALTIME_BACKPLANE=redis and REDIS_URL.")
def lonely_processes(settings: Settings) -> str | None:
    """Finds processes that do not hear each other: a sign-out here, a socket that stays there."""
    if settings.realtime.backplane == "memory":
        return "REALTIME_BACKPLANE is memory: web processes and workers would not hear each other"
    return None


@dangerous("realtime.002", "Set REALTIME_LOAD_TOPICS=false.")
def load_topics(settings: Settings) -> str | None:
    """Finds topics that are made for a load test."""
    if settings.realtime.load_topics:
        return "REALTIME_LOAD_TOPICS is on: whoever is signed in may publish there"
    return None


@dangerous("server.002", "Set METRICS_PORT to a port that the proxy does not pass on, or to 0.")
def public_metrics(settings: Settings) -> str | None:
    """Finds metrics on the port of the visitors."""
    if settings.metrics.port and settings.metrics.port == settings.server.port:
        return "METRICS_PORT is SERVER_PORT: visitors would read the metrics"
    return None


@warning("mail.001", "Set MAIL_HOST, MAIL_USERNAME, MAIL_PASSWORD_FILE and MAIL_SENDER.")
def no_mail_server(settings: Settings) -> str | None:
    """Finds letters that never leave: nobody can confirm an address or set a new password."""
    return None if settings.mail.host else "MAIL_HOST is not set: letters wait, and are given up"


@warning("mail.002", "Set MAIL_TLS=starttls, or tls for a server that begins with it.")
def readable_mail(settings: Settings) -> str | None:
    """Finds letters, and with them links, that travel in the clear."""
    if settings.mail.host and settings.mail.tls == "none":
        return "MAIL_TLS is none: whoever is on the way reads the links in letters"
    return None


@warning("web.010", "Set WEB_INTERFACE=auto, unless the interface is meant for everybody.")
def shown_interface(settings: Settings) -> str | None:
    """Finds the description of the interface where anybody may read it."""
    if settings.web.interface == "shown":
        return "WEB_INTERFACE is shown: everybody may read what can be called"
    return None


CHECKS = (
    *(no_mail_server, readable_mail, shown_interface),
    *(
        known_keys,
        no_list_of_breaches,
        factor_of_nobody,
        not_production,
        debug_logs,
        logs_for_people,
        development_mode,
        root,
        misspelt_names,
    ),
    *(no_proxy, too_many_proxies, lonely_processes, load_topics, public_metrics),
)
