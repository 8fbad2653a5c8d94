# Two stages: the packages are put together in the first, the image that runs has neither compiler nor pip cache.
FROM python:3.11.14-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --no-deps -r /tmp/requirements.txt \
    && /opt/venv/bin/pip check \
    && /opt/venv/bin/pip uninstall -y pip setuptools

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="cxdash" \
      org.opencontainers.image.description="Any spreadsheet of survey answers in, honest customer-experience numbers out"
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/srv/cxdash PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    CXDASH_HOME=/var/lib/cxdash CXDASH_ENV=production CXDASH_DEMO=false CXDASH_LOG_FORMAT=json
# A user without rights, a name or a shell; the one folder it may write in becomes a volume.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin cxdash \
    && install -d -o cxdash -g cxdash -m 0700 /var/lib/cxdash
WORKDIR /srv/cxdash
COPY --from=packages /opt/venv /opt/venv
COPY app.py ./
COPY .streamlit/config.toml ./.streamlit/config.toml
COPY pages ./pages
COPY data ./data
COPY cxdash ./cxdash
RUN python -m compileall -q /srv/cxdash
USER 10001:10001
VOLUME /var/lib/cxdash
EXPOSE 8501
# One process per port: uploads, downloads and the copy of the responses live in its memory. Addresses of visitors come from trusted
# proxies only (CXDASH_TRUSTED_PROXIES), so the server's own belief in 127.0.0.1 is switched off.
CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8501", "--no-proxy-headers", "--no-access-log", "--no-server-header", "--ws-per-message-deflate", "false"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/readyz', timeout=4)"]
