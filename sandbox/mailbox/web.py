"""The inbox in a browser and as JSON."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.mailbox.messages import Messages
from sandbox.pages import render

_SHOWN = 200


def build_web(messages: Messages) -> Starlette:
    """Return the app that serves everything below the mailbox's prefix."""
    web = _Inbox(messages)
    return Starlette(
        routes=[
            Route("/", web.page),
            Route("/messages/{number}", web.message),
            Route("/messages/{number}/html", web.html),
            Route("/api/messages", web.listing),
            Route("/api/messages/{number}", web.single),
        ]
    )


class _Inbox:
    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    async def page(self, request: Request) -> Response:
        address = request.query_params.get("to")
        if address:
            shown = list(reversed(self._messages.to(address)))[:_SHOWN]
        else:
            shown = self._messages.newest(_SHOWN)
        return render(request, "mailbox.html", messages=shown, address=address or "")

    async def message(self, request: Request) -> Response:
        message = self._messages.get(request.path_params["number"])
        if message is None:
            return Response("No such message", status_code=404)
        return render(request, "mailbox_message.html", message=message)

    async def html(self, request: Request) -> Response:
        """Return only the HTML part; it cannot use scripts, forms or the network, however it is opened."""
        message = self._messages.get(request.path_params["number"])
        if message is None:
            return Response("No such message", status_code=404)
        policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(message["html"], headers=headers)

    async def listing(self, request: Request) -> Response:
        return JSONResponse({"messages": self._messages.to(request.query_params.get("to"))})

    async def single(self, request: Request) -> Response:
        message = self._messages.get(request.path_params["number"])
        if message is None:
            return JSONResponse({"error": "no such message"}, status_code=404)
        return JSONResponse(message)
