# A private Redis. Sourced by scripts/services.

redis_installed() { command -v redis-server >/dev/null; }

redis_version() { redis-server --version | sed -n 's/.* v=\([^ ]*\).*/\1/p'; }

redis_prepare() { :; }

redis_run() {
	local d
	d=$(dir)/redis
	detach "$d" bash -c 'echo $$ >pid && exec "$@"' - redis-server \
		--port "$(port redis)" --bind 127.0.0.1 --dir "$d" --save '' --appendonly no --daemonize no
}

# redis_ready speaks the protocol itself: redis-cli is a package of its own.
redis_ready() {
	local answer
	answer=$( (
		exec 3<>"/dev/tcp/127.0.0.1/$(port redis)"
		printf 'PING\r\n' >&3
		timeout 2 head -c 5 <&3
	) 2>/dev/null)
	[ "$answer" = +PONG ]
}

redis_quit() { kill -TERM "$(pid redis)" 2>/dev/null || true; }

redis_env() { echo "export SALT_TEST_REDIS_URL=redis://127.0.0.1:$(port redis)/0"; }
