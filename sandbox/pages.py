"""The plain HTML pages that show the simulated systems to a person."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(request: Request, template_name: str, **context: object) -> HTMLResponse:
    """Return the page of a template; values are escaped, and a missing value is an error."""
    template = _TEMPLATES.get_template(template_name)
    return HTMLResponse(template.render(path=request.url.path, **context))
