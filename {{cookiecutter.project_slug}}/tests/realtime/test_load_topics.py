from quart import Quart

from app.factory import create_app
from app.principal import ANONYMOUS
from app.realtime.load_topics import load_topics
from app.resources import resources_of
from app.settings import RealtimeSettings
from app.settings import Settings
from tests.people import Person


def knows_load_topics(app: Quart) -> bool:
    return resources_of(app).realtime._core.access.namespace("load:7") is not None


def test_they_exist_only_where_the_setting_says_so(settings: Settings) -> None:
    loaded = RealtimeSettings.model_construct(load_topics=True)

    assert knows_load_topics(create_app(settings.model_copy(update={"realtime": loaded})))
    assert not knows_load_topics(create_app(settings))


async def test_who_is_not_signed_in_may_not_publish_there(ada: Person) -> None:
    namespace = load_topics()

    assert namespace.publishes
    assert await namespace.authorise(ada.principal, "7", "publish")
    assert not await namespace.authorise(ANONYMOUS, "7", "publish")
