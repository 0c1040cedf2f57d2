# SPDX-License-Identifier: MIT
# docker build -t postern .
# docker run -v postern:/run/postern -v postern-state:/var/lib/postern -e APP__DATABASE__URL=... \
#   --mount type=bind,src=...,dst=/run/secrets/jwt_secret,readonly postern
# An nginx in another container mounts the same volume and needs group 10001 for the socket.

FROM debian:12-slim AS build
# PACKAGES_BUILD of the Makefile; a test compares the two.
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	gcc make pkg-config libc6-dev libfcgi-dev libpq-dev libjansson-dev libjwt-dev \
	libsodium-dev libyaml-dev libidn2-dev libunistring-dev libcurl4-openssl-dev libssl-dev libzxcvbn-dev
WORKDIR /src
COPY Makefile ./
COPY include include
COPY src src
COPY migrations migrations
RUN make build && strip --strip-unneeded -o /postern build/gcc/postern

FROM debian:12-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	libfcgi0ldbl libpq5 libjansson4 libjwt0 libsodium23 libyaml-0-2 libidn2-0 libunistring2 \
	libcurl4 libzxcvbn0 libssl3 ca-certificates \
	&& rm -rf /var/lib/apt/lists/* \
	&& groupadd --gid 10001 postern \
	&& useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
		--shell /usr/sbin/nologin postern \
	&& install -d -o postern -g postern -m 755 /run/postern \
	&& install -d -o postern -g postern -m 700 /var/lib/postern
COPY --from=build /postern /usr/bin/postern
COPY config /etc/postern
COPY nginx/account /usr/share/postern/account
USER postern
ENV APP_CONFIG_DIR=/etc/postern \
	APP__SERVER__LISTEN=/run/postern/fcgi.sock \
	APP__JWT_SECRET_FILE=/run/secrets/jwt_secret \
	APP__LOG__FORMAT=json
# FastCGI over a unix socket; no port is opened.
VOLUME /run/postern
# secret_key, which is made at the first start.
VOLUME /var/lib/postern
# Tells that the settings are sound and the database answers; a mail server that is away makes no
# container unhealthy. That the pool serves, only a request through nginx can tell:
# GET /api/v1/health/ready.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["postern", "-t", "--no-mail"]
ENTRYPOINT ["postern"]
CMD ["serve"]
