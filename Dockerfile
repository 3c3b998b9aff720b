# One image for the three services; the command says which. Nothing embedded is in it.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements-production.lock pyproject.toml README.md ./
COPY schemas schemas
COPY services services
RUN python -m venv /opt/motesplats \
 && /opt/motesplats/bin/pip install --no-cache-dir --require-hashes -r requirements-production.lock \
 && /opt/motesplats/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 motesplats
COPY --from=build /opt/motesplats /opt/motesplats
ENV PATH=/opt/motesplats/bin:$PATH PYTHONUNBUFFERED=1
USER motesplats
EXPOSE 8000 9100
# Override with services.activities.app:create_app or services.coordinator.app:create_app.
CMD ["uvicorn", "--factory", "services.referral.app:create_app", "--host", "0.0.0.0", "--port", "8000", \
     "--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "3"]
