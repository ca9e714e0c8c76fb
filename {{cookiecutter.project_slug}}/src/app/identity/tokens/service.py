"""API tokens: what a person gives a program instead of their password.

A token is looked for in PostgreSQL with every call and remembered nowhere, so that one that was
revoked is worth nothing in any process from that moment, whatever happens to Redis.
"""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import structlog
from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update

from app.database import Database
from app.errors import Conflict
from app.errors import Invalid
from app.errors import NotFound
from app.errors import Unavailable
from app.identity import audit
from app.identity.factor_duty import NO_DUTY
from app.identity.factor_duty import FactorDuty
from app.identity.factor_duty import has_factor
from app.identity.openid.standing import is_connected
from app.identity.openid.standing import provider_of
from app.identity.owner_notices import OwnerNotices
from app.identity.sessions.announcing import OnRevoke
from app.identity.sessions.announcing import nothing_to_end
from app.identity.tables import ApiTokenRow
from app.identity.tables import UserRow
from app.identity.tokens.bearers import Bearer
from app.identity.tokens.format import hash_of
from app.identity.tokens.format import hint_of
from app.identity.tokens.format import looks_right
from app.identity.tokens.format import new_api_token
from app.identity.tokens.record import ApiToken
from app.identity.tokens.record import IssuedToken
from app.identity.tokens.record import api_token_of
from app.identity.tokens.record import principal_of
from app.identity.tokens.scopes import Scopes
from app.identity.users import clean_name
from app.principal import Principal
from app.principal import TokenId
from app.principal import UserId
from app.settings import IdentitySettings

TOKENS_PER_PERSON = 50
USE_NOTED_SECONDS = 60.0

log = structlog.get_logger()


class ApiTokens:
    """The tokens of all people."""

    def __init__(
        self,
        settings: IdentitySettings,
        database: Database,
        scopes: Scopes,
        notices: OwnerNotices,
        *,
        duty: FactorDuty = NO_DUTY,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._scopes = scopes
        self._notices = notices
        self.prefix = settings.token_prefix
        self.max_days = settings.token_max_days
        self._duty = duty
        self._now = now
        self.on_revoke: OnRevoke = nothing_to_end

    async def issue(
        self, who: Principal, *, name: str, scopes: Collection[str], days: int
    ) -> IssuedToken:
        """Makes a token of the caller's that lasts ``days``.

        Where a provider saw a second factor as their session began, that counts for the token too.

        Raises:
            Conflict: they have very many already.
            Invalid: the name, the scopes or the days will not do.
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        name = self._check(name, scopes, days)
        secret, now = new_api_token(self.prefix), self._now()
        async with self._database.transaction() as work:
            factor_provider = await provider_of(work, who)
            mine = select(func.count()).where(ApiTokenRow.user_id == who.own_id)
            if await work.session.scalar(mine) >= TOKENS_PER_PERSON:  # type: ignore[operator]
                raise Conflict(f"{TOKENS_PER_PERSON} tokens are the most; revoke one first")
            added = insert(ApiTokenRow).values(
                user_id=who.own_id,
                token_hash=hash_of(secret),
                hint=hint_of(secret, self.prefix),
                name=name,
                scopes=sorted(scopes),
                created_at=now,
                expires_at=now + timedelta(days=days),
                factor_provider=factor_provider,
            )
            row = (await work.session.scalars(added.returning(ApiTokenRow))).one()
            token = api_token_of(row)
            details: dict[str, JsonValue] = {
                "name": name,
                "scopes": list(token.scopes),
                "days": days,
            }
            details |= {"second_factor": factor_provider} if factor_provider else {}
            await audit.record(work, "api_token.created", who=who, details=details)
            await self._notices.tell(work, "api_token.created", who.own_id, days=str(days))
        return IssuedToken(secret, token)

    async def find(self, secret: str) -> Bearer | None:
        """Returns whom a token stands for; None when it is nobody's, has run out or was revoked.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        if not looks_right(secret, self.prefix):
            return None
        now = self._now()
        is_vouched = is_connected(ApiTokenRow.user_id, ApiTokenRow.factor_provider)
        good = (
            select(ApiTokenRow, UserRow.name, UserRow.roles, has_factor(UserRow.id), is_vouched)
            .join(UserRow, ApiTokenRow.user_id == UserRow.id)
            .where(ApiTokenRow.token_hash == hash_of(secret))
            .where(ApiTokenRow.expires_at > now, UserRow.disabled_at.is_(None))
        )
        async with self._database.reading() as session:
            found = (await session.execute(good)).one_or_none()
        if found is None:
            return None
        row, user_name, roles, is_on, vouched = found
        await self._note_use(row, now)
        provider = row.factor_provider if vouched else None
        is_owed = self._duty.is_owed(roles, has_factor=is_on, provider=provider)
        return Bearer(principal_of(row, user_name, is_owed=is_owed), row.expires_at)

    async def list(self, who: Principal) -> list[ApiToken]:
        """Returns the caller's tokens, the newest first; those that ran out lately too.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        mine = select(ApiTokenRow).where(ApiTokenRow.user_id == who.own_id)
        async with self._database.reading() as session:
            rows = await session.scalars(mine.order_by(ApiTokenRow.created_at.desc()))
            return [api_token_of(row) for row in rows]

    async def revoke(self, who: Principal, token_id: TokenId) -> None:
        """Ends one of the caller's tokens, and what lives on it.

        Raises:
            NotFound: the caller has no such token.
            Unavailable: PostgreSQL is away.
        """
        if not await self._remove(who, who.own_id, only=token_id):
            raise NotFound("there is no such token")

    async def revoke_all(self, who: Principal, owner: UserId) -> None:
        """Ends all tokens of a person, whoever ``who`` is: their account may be in other hands.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        await self._remove(who, owner)

    async def delete_expired(self, *, kept_days: int = 30) -> None:
        """Removes the rows of tokens that ran out a while ago; for a schedule to call."""
        until = self._now() - timedelta(days=kept_days)
        async with self._database.transaction() as work:
            await work.session.execute(delete(ApiTokenRow).where(ApiTokenRow.expires_at <= until))

    def _check(self, name: str, scopes: Collection[str], days: int) -> str:
        fields: dict[str, str] = {}
        try:
            name = clean_name(name)
        except Invalid as error:
            fields.update(error.fields)
        if not scopes:
            fields["scopes"] = "Choose what the token may do."
        elif unknown := sorted(set(scopes) - {scope.name for scope in self._scopes}):
            fields["scopes"] = f"There is no scope {unknown[0]!r}."
        if not 1 <= days <= self.max_days:
            fields["days"] = f"Choose 1 to {self.max_days} days."
        if fields:
            raise Invalid("some fields need another look", fields=fields)
        return name

    async def _note_use(self, row: ApiTokenRow, now: datetime) -> None:
        before = row.last_used_at
        if before is not None and (now - before).total_seconds() < USE_NOTED_SECONDS:
            return
        used = update(ApiTokenRow).where(ApiTokenRow.id == row.id).values(last_used_at=now)
        try:
            async with self._database.transaction() as work:
                await work.session.execute(used)
        except Unavailable:
            return  # noted with a later call

    async def _remove(
        self, who: Principal, owner: UserId, *, only: TokenId | None = None
    ) -> Sequence[TokenId]:
        ended = delete(ApiTokenRow).where(ApiTokenRow.user_id == owner)
        if only is not None:
            ended = ended.where(ApiTokenRow.id == only)
        async with self._database.transaction() as work:
            rows = await work.session.scalars(ended.returning(ApiTokenRow.id))
            ids = [TokenId(token_id) for token_id in rows]
            for token_id in ids:
                details = {"api_token_id": str(token_id)}
                await audit.record(
                    work, "api_token.revoked", who=who, subject=owner, details=details
                )
        for token_id in ids:
            try:
                await self.on_revoke(token=token_id)
            except Unavailable as error:
                # Calls are refused all the same; sockets end when they are next checked.
                log.warning("token_end_not_announced", reason=error.detail)
        return ids
