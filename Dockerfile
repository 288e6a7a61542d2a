# One image for every process of ours: perennial worker, perennial api, perennial setup.
FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.13-slim-bookworm AS build
COPY --from=uv /uv /usr/local/bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/perennial
WORKDIR /src
# "postgres" is all that production needs; the sandbox also needs "embedded".
ARG EXTRAS="--extra postgres"
# The dependencies change less often than the code: a layer of their own.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-default-groups --no-install-project ${EXTRAS}
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-default-groups --no-editable ${EXTRAS}

# The same base as above: the environment names its interpreter by path.
FROM python:3.13-slim-bookworm
RUN useradd --uid 10001 --create-home perennial
COPY --from=build /opt/perennial /opt/perennial
ENV PATH=/opt/perennial/bin:$PATH PYTHONUNBUFFERED=1
USER perennial
WORKDIR /home/perennial
EXPOSE 8080
ENTRYPOINT ["perennial"]
CMD ["--help"]
