"""Errors in the form of the REST API: an array of message, code and fields."""

from starlette.responses import JSONResponse, Response

_CODES = {
    401: "INVALID_SESSION_ID",
    403: "REQUEST_LIMIT_EXCEEDED",
    404: "NOT_FOUND",
    409: "UNABLE_TO_LOCK_ROW",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "UNKNOWN_EXCEPTION",
    503: "SERVER_UNAVAILABLE",
}


class ApiError(Exception):
    """A call that is refused."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, fields: tuple[str, ...] = ()
    ) -> None:
        """Store the content of the answer.

        Args:
            code: The `errorCode`, such as `INVALID_FIELD`.
            message: The `message`.
            status: HTTP status.
            fields: Names of the fields at fault.
        """
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def body(self) -> list[dict[str, object]]:
        """Return the error array."""
        entry: dict[str, object] = {"message": self.message, "errorCode": self.code}
        return [entry | ({"fields": list(self.fields)} if self.fields else {})]


class NotFoundError(ApiError):
    """A resource or record that does not exist."""

    def __init__(self) -> None:
        super().__init__("NOT_FOUND", "The requested resource does not exist", status=404)


def fault_answer(status: int) -> Response:
    """Return a scripted failure as the error array that Salesforce sends with this status."""
    error = ApiError(_CODES.get(status, "UNKNOWN_EXCEPTION"), "Scripted fault", status=status)
    return JSONResponse(error.body(), status_code=status)
