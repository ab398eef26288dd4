"""Seeds of the sample."""

from tests.contract.outcome import Json
from tests.contract.seeds.api import Api

PACKAGE = "mesh.sample.v1"

NOTE = {"title": "tea", "urgency": "URGENCY_HIGH", "content": "AAE=", "password": "open sesame", "tags": ["a"]}


def note(api: Api) -> str:
    return str(api("NoteService/CreateNote", note={"title": "tea"})["name"])


def write(api: Api, request: Json) -> None:
    note(api)


RESOURCES = {"mesh/Note": note}

REQUESTS = {
    "NoteService/CreateNote": {"note": NOTE},
    "NoteService/GetNote": {"name": note},
    "NoteService/ListNotes": {},
    "NoteService/UpdateNote": {"note": {"name": note, "title": "coffee"}},
    "NoteService/WatchNotes": {},
    "NoteService/PurgeNotes": {"title": "tea that is cold"},
    "NoteService/CountNotes": {},
}

MORE = {"NoteService/WatchNotes": write}
