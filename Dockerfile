# The bot as a container: one program on a read-only file system, as an unprivileged user. docs/deploy.md says how to run
# it; .ci/image builds it and runs it once. That has not happened yet: where this was written there was no Docker daemon.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base ca-certificates
WORKDIR /build
COPY . .
RUN cargo build --release --locked --bin quartermaster && mkdir empty

# Nothing but the program, which Alpine links statically with its C library, and the certificates that TLS trusts unless
# SSL_CERT_FILE names others.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /build/target/release/quartermaster /usr/local/bin/quartermaster
# For the database, if it is a file: mount a volume here, and it gets this owner. Nothing else is written.
COPY --from=build --chown=65532:65532 /build/empty /var/lib/quartermaster
WORKDIR /var/lib/quartermaster
ENV QUARTERMASTER_CONFIG=/etc/quartermaster/quartermaster.toml
USER 65532:65532
EXPOSE 3000
ENTRYPOINT ["/usr/local/bin/quartermaster"]
CMD ["serve"]
