# What a developer does most. None of it is needed to run or to test:
# `go run ./cmd/campfire` and `go test ./...` are enough.

.PHONY: run test race bench proof measure-web screenshots lint generate

run:
	go run ./cmd/campfire

test:
	go test ./...

# The packages where goroutines meet; needs a C compiler.
race:
	CGO_ENABLED=1 go test -race -timeout 15m ./internal/hub/... ./internal/chat/... ./internal/store/... ./internal/cache/... ./internal/intern/... ./internal/memory/... ./internal/jobs/... ./internal/media/... ./internal/blob/... ./internal/outbound/... ./client/...

# Measures goals 1 to 11 against their floors, and the parts they are made of:
# about 25 minutes, in three rounds; ROUNDS=1 takes about 12. The first run also
# makes the database of a million messages, which takes some minutes more. Writes
# perf/results/, perf/goals.* and the tables and plots that show them.
ROUNDS = 3

bench:
	go run ./perf/goals -rounds $(ROUNDS)

# The long proofs: 20 kills, 50 each with pushes, webhooks and previews owed,
# 1,000 resets, 1,000 slow readers, a storm of 5,000 connections, overload, the
# large file, the clock of previews that fail. Writes perf/proof/.
proof:
	CAMPFIRE_PROOF=full go test -count=1 -v -timeout 60m ./internal/proof/...

# The page in a browser: bytes, layout shift, time to the next paint; what came
# out is in perf/web/.
measure-web:
	CAMPFIRE_MEASURE=1 go test -count=1 -v -timeout 15m -run TestMeasure ./internal/web

# Takes pictures of the main pages at 390, 820 and 1440 pixels, light and dark,
# into build/pictures, and those of the README into docs/pictures. Needs Chromium
# and a font with emoji.
screenshots:
	mkdir -p build/pictures
	CAMPFIRE_PICTURES=$(CURDIR)/build/pictures go test -count=1 -run TestPictures ./internal/web
	cp build/pictures/room-desktop-light.png docs/pictures/room.png
	cp build/pictures/switcher-desktop-dark.png docs/pictures/switcher.png
	cp build/pictures/room-phone-dark.png docs/pictures/phone.png

lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff
	$(MAKE) generate
	@git diff --exit-code --stat -- '*_templ.go' internal/web/dist internal/markup internal/sounds docs deploy || { echo "generated files are not up to date: commit what 'make generate' made"; exit 1; }

generate:
	go generate ./...
