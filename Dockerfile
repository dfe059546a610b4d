# Semblance in an image of its own: the program, the certificates that receivers with https need, and nothing else.
# simulator/receiver/examples/containers.md shows it beside an application, and in a test.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -ldflags "-s -w" -o /out/semblance ./cmd/semblance
RUN mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/semblance /semblance
COPY --from=build --chown=65534:65534 /out/data /data
USER 65534:65534
ENV SEMBLANCE_ADDR=0.0.0.0:4700
EXPOSE 4700
HEALTHCHECK --interval=2s --timeout=4s CMD ["/semblance", "serve", "--health-check"]
ENTRYPOINT ["/semblance"]
CMD ["serve"]
