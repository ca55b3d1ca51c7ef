"""A tool in Python for `httpTool`: one refund per key, and an honest answer to the question whether it happened.

    pip install fastapi uvicorn
    uvicorn server:app --port 8000
"""

import json
import sqlite3
import time
from contextlib import closing

from fastapi import FastAPI, Header, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


def store() -> sqlite3.Connection:
    """Keys, what they were used for, and the highest fence that each run has shown."""
    db = sqlite3.connect("refunds.db", isolation_level=None, timeout=10)
    db.execute("create table if not exists refund (key text primary key, args text not null, result text not null)")
    db.execute("create table if not exists fence (run text primary key, fence integer not null)")
    return db


class Refund(BaseModel):
    order_id: str
    amount: float


def not_performed(code: str, status: int) -> JSONResponse:
    """Says in so many words that nothing was done and nothing ever will be."""
    return JSONResponse({"fault": {"kind": "permanent", "code": code}}, status_code=status)


@app.post("/refunds")
def refund(
    body: Refund,
    idempotency_key: str = Header(),
    midwatch_fence: int = Header(),
    midwatch_run: str = Header(),
    midwatch_deadline: int = Header(),
):
    args = json.dumps([body.order_id, body.amount])
    with closing(store()) as db:
        # One transaction for fence, key and act: two calls at once are one after the other.
        db.execute("begin immediate")
        try:
            seen = db.execute("select fence from fence where run = ?", (midwatch_run,)).fetchone()
            if seen and seen[0] > midwatch_fence:
                return not_performed("stale_fence", 409)
            db.execute("insert or replace into fence values (?, ?)", (midwatch_run, midwatch_fence))
            done = db.execute("select args, result from refund where key = ?", (idempotency_key,)).fetchone()
            if done and done[0] != args:
                return not_performed("key_conflict", 409)
            if done:
                return json.loads(done[1])
            # Nobody waits for the answer any more: not acting now is what keeps the caller's word.
            if time.time() * 1000 > midwatch_deadline:
                return not_performed("too_late", 409)
            result = {"refunded": body.amount, "order_id": body.order_id}
            db.execute("insert into refund values (?, ?, ?)", (idempotency_key, args, json.dumps(result)))
            return result
        finally:
            db.execute("commit")


@app.get("/refunds")
def did_it_happen(key: str = Query()):
    """Absence is said in words: an empty answer or a 404 would say nothing."""
    with closing(store()) as db:
        done = db.execute("select result from refund where key = ?", (key,)).fetchone()
    return {"did": "happen", "result": json.loads(done[0])} if done else {"did": "not_happen"}
