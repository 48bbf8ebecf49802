# The bot as a container: one program on a file system that nobody writes, as nobody in particular. docs/deploy.md says
# how to run it. It has never been built: where this was written there was nothing to build it with.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked --bin quartermaster && mkdir empty

# Of the same Debian as above, for its C library. It has no shell, and the certificates that TLS trusts:
# /etc/ssl/certs/ca-certificates.crt, or what SSL_CERT_FILE names.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/quartermaster /usr/local/bin/quartermaster
# For the database, where it is a file: mount a volume here, it gets this owner. The only place that is written.
COPY --from=build --chown=65532:65532 /build/empty /var/lib/quartermaster
WORKDIR /var/lib/quartermaster
ENV QUARTERMASTER_CONFIG=/etc/quartermaster/quartermaster.toml
USER 65532:65532
EXPOSE 3000
ENTRYPOINT ["/usr/local/bin/quartermaster"]
CMD ["serve"]
