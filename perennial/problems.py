"""The shape of a problem document (RFC 9457), as the API writes it and the client reads it."""

from pydantic import BaseModel, Field


class FieldProblem(BaseModel):
    """One field that is wrong."""

    field: str = Field(examples=["plan"])
    allowed: str = Field(examples=["not sold; allowed: starter, team, enterprise"])
    value: str | None = Field(default=None, examples=["platinum"])


class Problem(BaseModel):
    """A problem document."""

    type: str = Field(examples=["/problems/invalid-input"])
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    errors: list[FieldProblem] | None = None
