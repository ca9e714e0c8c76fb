"""The second step of signing in, and all that its owner does with what it takes, over REST."""

from collections.abc import Awaitable
from collections.abc import Sequence

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_request
from quart_schema import validate_response

from app.errors import Invalid
from app.features.accounts import service
from app.features.accounts.attempts import ATTEMPTS
from app.features.accounts.attempts import spend_code
from app.features.accounts.attempts import this_browser
from app.features.accounts.coming_in import come_in
from app.features.accounts.schemas import SignedIn
from app.features.accounts.schemas import UserShape
from app.features.accounts.second_factor.changing import change_phone
from app.features.accounts.second_factor.changing import switch_off
from app.features.accounts.second_factor.changing import switch_on
from app.features.accounts.second_factor.schemas import Code
from app.features.accounts.second_factor.schemas import Enrolment
from app.features.accounts.second_factor.schemas import FactorShape
from app.features.accounts.second_factor.schemas import RecoveryCodes
from app.features.accounts.second_factor.schemas import SecondStep
from app.features.accounts.second_factor.showing import uri_of
from app.features.accounts.words import WRONG_CODE
from app.identity.factors.new_phones import NothingWaits
from app.identity.factors.service import WrongCode
from app.resources import current_resources
from app.web import also_enrolling
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import public
from app.web import recently_signed_in
from app.web import signed_in
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID
from app.web.problem_types import UNAUTHENTICATED

BEGIN_ANEW = "No secret waits for a code, or it has waited too long: ask for another."

blueprint = Blueprint("second_factor", __name__, url_prefix="/api/v1/accounts")


@blueprint.post("/sign-in/code")
@guard(public)
@limit(ATTEMPTS, only_shared=True)
@fails_with(UNAUTHENTICATED)
@validate_request(SecondStep)
@validate_response(SignedIn)
async def second_step(data: SecondStep) -> SignedIn:
    """Signs in with a code, after the first step answered `second-factor-needed`."""
    identity, half_sign_in = current_resources().identity, data.half_sign_in.get_secret_value()
    user = await identity.half_sign_ins.claim(half_sign_in)
    await spend_code(user)
    welcome = await service.finish_sign_in(
        current_principal(),
        identity,
        half_sign_in=half_sign_in,
        user=user,
        code=data.code.get_secret_value(),
        browser=this_browser(),
    )
    await come_in(welcome)
    return SignedIn(user=UserShape.of(welcome.user))


@blueprint.get("/second-factor")
@guard(also_enrolling)
@limit("120/minute")
@validate_response(FactorShape)
async def factor_state() -> FactorShape:
    """Tells whether the caller has a second factor, and whether they have to have one."""
    who, factors = current_principal(), current_resources().identity.factors
    state = await factors.state(who.own_id)
    return FactorShape(
        is_on=state.is_on, codes_left=state.codes_left, is_required=factors.is_required_of(who)
    )


@blueprint.post("/second-factor")
@guard(also_enrolling)
@recently_signed_in
@limit("20/3minutes")
@fails_with(CONFLICT)
@validate_response(Enrolment)
async def enrol() -> Enrolment:
    """Returns the secret for an authenticator app, the same for an hour; it counts confirmed."""
    secret = await current_resources().identity.factors.enrol(current_principal())
    return Enrolment(secret=secret, uri=await uri_of(secret))


@blueprint.post("/second-factor/confirm")
@guard(also_enrolling)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@fails_with(INVALID)
@validate_request(Code)
@validate_response(RecoveryCodes)
async def confirm(data: Code) -> RecoveryCodes:
    """Switches the factor on with a code of the app; other sessions end, this has a new cookie."""
    return await _recovery_codes(switch_on(data.code.get_secret_value()))


@blueprint.post("/second-factor/phone")
@guard(signed_in)
@recently_signed_in
@limit("20/3minutes")
@fails_with(CONFLICT)
@validate_response(Enrolment)
async def new_phone() -> Enrolment:
    """Returns the secret for another phone, the same for 15 minutes; the present one counts on."""
    secret = await current_resources().identity.new_phones.begin(current_principal())
    return Enrolment(secret=secret, uri=await uri_of(secret))


@blueprint.post("/second-factor/phone/confirm")
@guard(signed_in)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@fails_with(INVALID, CONFLICT)
@validate_request(Code)
@validate_response(RecoveryCodes)
async def confirm_phone(data: Code) -> RecoveryCodes:
    """Moves the factor with a code of the other phone; other sessions end, a new cookie comes."""
    return await _recovery_codes(change_phone(data.code.get_secret_value()))


@blueprint.post("/second-factor/codes")
@guard(signed_in)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@fails_with(CONFLICT)
@validate_response(RecoveryCodes)
async def new_codes() -> RecoveryCodes:
    """Makes new recovery codes; the ones before are void."""
    codes = await current_resources().identity.factors.new_codes(current_principal())
    return RecoveryCodes(recovery_codes=list(codes))


@blueprint.delete("/second-factor")
@guard(signed_in)
@recently_signed_in
@limit("20/3minutes", only_shared=True)
@fails_with(CONFLICT)
@document_response(None, 204)
async def remove() -> tuple[str, int]:
    """Switches the factor off unless one is required; this session has a new cookie."""
    await switch_off()
    return "", 204


async def _recovery_codes(change: Awaitable[Sequence[str]]) -> RecoveryCodes:
    # Not 401 for a wrong code: the caller is signed in, and need not do that again.
    try:
        return RecoveryCodes(recovery_codes=list(await change))
    except NothingWaits as error:
        raise Invalid(error.detail, fields={"code": BEGIN_ANEW}) from error
    except WrongCode as error:
        raise Invalid(error.detail, fields={"code": WRONG_CODE}) from error
