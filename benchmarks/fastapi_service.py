"""FastAPI's first example on uvicorn, with a model for the answer: ``... fastapi_service PORT``."""

import sys

import uvicorn
from fastapi import FastAPI  # installed for the benchmark alone
from pydantic import BaseModel

app = FastAPI()


class Message(BaseModel):
    """What is answered."""

    message: str


@app.get("/json")
async def message() -> Message:
    """Says hello."""
    return Message(message="hello")


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=3600,
    )
