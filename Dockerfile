# One image for web, worker and beat. Nothing secret is in it: keys come from the environment when it runs.
FROM python:3.11-slim AS packages
COPY requirements-prod.lock /tmp/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements-prod.lock

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORTAL_ENV=production VAR_DIR=/srv/var
RUN useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin portal \
 && install -d -o portal -g portal -m 750 /srv/var /srv/var/media
WORKDIR /srv/portal
COPY --from=packages /opt/venv /opt/venv
COPY manage.py pyproject.toml LICENSE ./
COPY portal portal
COPY accounts accounts
COPY parentschool parentschool
COPY training training
COPY events events
COPY assessment assessment
COPY templates templates
COPY static static
COPY locale locale
# The keys of this one command are made up and forgotten with it.
RUN python -m compileall -q . \
 && SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(64))') \
    FIELD_KEYS=1:aes:$(python -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())') \
    INDEX_KEY=$(python -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())') \
    ALLOWED_HOSTS=build.invalid STATIC_ROOT=/srv/static \
    python manage.py collectstatic --noinput --verbosity 0
ENV STATIC_ROOT=/srv/static
USER portal
VOLUME /srv/var
EXPOSE 8000
CMD ["gunicorn", "--config", "python:portal.gunicorn", "portal.wsgi"]
