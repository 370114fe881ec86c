# What one can do here. `make` alone explains itself.
.DEFAULT_GOAL := help
SHELL := bash

.PHONY: help
help: ## show this list
	@echo "usage: make TARGET"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@echo
	@echo "SALT_REQUIRE_ALL=1 make test   fails when anything had to be skipped"

.PHONY: test
test: ## everything: vet, tests with -race on private servers, real celery-salt, programs
	@scripts/with-services scripts/test

.PHONY: unit
unit: ## the tests that need no server, quickly
	@env -u SALT_TEST_AMQP_URL -u SALT_TEST_POSTGRES_URL -u SALT_TEST_REDIS_URL -u SALT_TEST_PYTHON -u SALT_TEST_SERVICES \
		go test ./...

.PHONY: lint
lint: ## golangci-lint and govulncheck, built once into .tools
	@scripts/lint

.PHONY: fmt
fmt: ## format all Go files
	@find . -name '*.go' -not -path './.*' -exec gofmt -w {} +

.PHONY: demo
demo: ## what Salt does, in one page, without any server
	@go run ./cmd/salt demo

.PHONY: example-python
example-python: ## a Go and a Python service in conversation, on a private RabbitMQ
	@scripts/with-services bash -c 'SALT_URL=$$SALT_TEST_AMQP_URL SALT_PYTHON=$${SALT_TEST_PYTHON:?no Python with celery-salt, see above} exec go run ./examples/python-interop'

.PHONY: interop
interop: ## the whole interop matrix with seven Python environments, chaos, fuzz; 10 to 20 minutes
	@scripts/python-envs
	@mkdir -p .interop
	@SALT_INTEROP=full SALT_REQUIRE_ALL=1 SALT_INTEROP_TABLE=$(CURDIR)/.interop/matrix.txt scripts/with-services \
		bash -c 'go test -race -count=1 -timeout=40m -v -skip "^TestRegistr" ./interop >.interop/log.txt 2>&1; code=$$?; cat .interop/matrix.txt; grep -hE "^(---|ok|FAIL|panic)" .interop/log.txt; echo "the whole log: .interop/log.txt"; exit $$code'

.PHONY: services
services: ## start private RabbitMQ, PostgreSQL and Redis; then eval "$(scripts/services env)"
	@scripts/services start
	@scripts/services env

.PHONY: services-stop
services-stop: ## stop them and delete their data
	@scripts/services stop

.PHONY: bench
bench: ## Salt beside raw amqp091-go, about two minutes
	@scripts/with-services go -C bench run .

.PHONY: big
big: ## registries of 50,000 versions, measured; a few minutes
	@scripts/with-services go test -tags big -v -count=1 -timeout=30m -run 'Big|OpenTimes' ./postgres ./registry ./interop

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	@scripts/fuzz

.PHONY: cover
cover: ## coverage of all packages by all tests, as cover.out and a total
	@scripts/with-services go test -count=1 -coverpkg=./... -coverprofile=cover.out ./...
	@go tool cover -func=cover.out | tail -n 1
