# A private PostgreSQL cluster. Sourced by scripts/services.

postgres_bin() {
	local b
	b=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)
	[ -n "$b" ] || b=$(command -v initdb) || return 1
	dirname "$(readlink -f "$b")"
}

# PostgreSQL refuses to run as root, so root becomes the postgres user (any
# unprivileged user would do; this one comes with the package).
postgres_as() {
	if [ "$(id -u)" = 0 ]; then
		echo setpriv --reuid=postgres --regid=postgres --init-groups
	fi
}

postgres_installed() {
	[ -x "$(postgres_bin)/postgres" ] 2>/dev/null && { [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1; }
}

postgres_version() { "$(postgres_bin)/postgres" --version | awk '{print $3}'; }

postgres_prepare() (
	d=$(dir)/postgres
	[ "$(id -u)" != 0 ] || chown postgres: "$d"
	cd "$d" # the caller's directory may be closed to the postgres user
	# trust: the cluster holds nothing and listens on the loopback only.
	# shellcheck disable=SC2046
	$(postgres_as) "$(postgres_bin)/initdb" -D "$d/data" -U postgres --auth=trust \
		--encoding=UTF8 --locale=C.UTF-8 --no-sync >>out.log 2>&1 9>&-
)

postgres_run() {
	local d
	d=$(dir)/postgres
	# After a kill -9 the lock file names a process that has ended but that
	# nobody may have reaped yet, which PostgreSQL takes for a running server.
	# Wait for the orphaned backends (they end on their own), then remove it.
	if [ -e "$d/data/postmaster.pid" ]; then
		for _ in {1..100}; do inhabited "$d/data" && sleep 0.1 || break; done
		rm -f "$d/data/postmaster.pid"
	fi
	# fsync=off: a killed process loses nothing by it, only a power cut would.
	# shellcheck disable=SC2046
	detach "$d" bash -c 'echo $$ >pid && exec "$@"' - $(postgres_as) "$(postgres_bin)/postgres" \
		-D "$d/data" -p "$(port postgres)" -c listen_addresses=127.0.0.1 \
		-c unix_socket_directories= -c fsync=off -c max_connections=200 \
		-c shared_buffers=64MB -c log_min_messages=warning
}

postgres_ready() { "$(postgres_bin)/pg_isready" -q -U postgres -d postgres -h 127.0.0.1 -p "$(port postgres)"; }

# SIGINT is the fast shutdown: sessions are ended, not waited for.
postgres_quit() { kill -INT "$(pid postgres)" 2>/dev/null || true; }

postgres_env() {
	echo "export SALT_TEST_POSTGRES_URL='postgres://postgres@127.0.0.1:$(port postgres)/postgres?sslmode=disable'"
}
