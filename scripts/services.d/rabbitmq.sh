# A single private RabbitMQ node. Sourced by scripts/services.

# The release's own scripts: Debian's /usr/sbin wrappers switch to the rabbitmq
# user and with it to the machine's own node.
RABBITMQ_BIN=/usr/lib/rabbitmq/bin

rabbitmq_installed() { [ -x "$RABBITMQ_BIN/rabbitmq-server" ] && command -v epmd >/dev/null; }

rabbitmq_version() { readlink -f "$RABBITMQ_BIN/rabbitmq-server" | sed -n 's|.*/rabbitmq_server-\([^/]*\)/.*|\1|p'; }

rabbitmq_prepare() (
	d=$(dir)/rabbitmq
	mkdir -p "$d/home" "$d/mnesia" "$d/log"
	free_port >"$d/epmd-port"
	free_port >"$d/dist-port"
	head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$d/home/.erlang.cookie"
	chmod 400 "$d/home/.erlang.cookie"
	echo '[].' >"$d/enabled_plugins"
	cat >"$d/rabbitmq.conf" <<-CONF
		listeners.tcp.1 = 127.0.0.1:$(port rabbitmq)
		# Bounds for a test machine; the defaults are fractions of the whole.
		vm_memory_high_watermark.absolute = 1GiB
		disk_free_limit.absolute = 50MB
		heartbeat = 10
	CONF
	# The wrapper for tests and people: rabbitmqctl of this node alone.
	{
		echo '#!/usr/bin/env bash'
		rabbitmq_environment
		declare -p HOME ERL_EPMD_PORT ERL_EPMD_ADDRESS RABBITMQ_NODENAME RABBITMQ_DIST_PORT \
			RABBITMQ_CONF_ENV_FILE RABBITMQ_CTL_ERL_ARGS RABBITMQ_MNESIA_BASE RABBITMQ_LOG_BASE \
			RABBITMQ_ENABLED_PLUGINS_FILE | sed 's/^declare -x/export/'
		echo "exec $RABBITMQ_BIN/rabbitmqctl \"\$@\""
	} >"$state/rabbitmqctl"
	chmod 755 "$state/rabbitmqctl"
)

# rabbitmq_environment: everything that separates this node from any other on
# the machine.
rabbitmq_environment() {
	local d
	d=$(dir)/rabbitmq
	local loopback='-kernel inet_dist_use_interface {127,0,0,1}'
	export HOME=$d/home
	export ERL_EPMD_PORT=$(<"$d/epmd-port") ERL_EPMD_ADDRESS=127.0.0.1
	export RABBITMQ_NODENAME=salt@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
	export RABBITMQ_NODE_PORT=$(port rabbitmq) RABBITMQ_DIST_PORT=$(<"$d/dist-port")
	export RABBITMQ_MNESIA_BASE=$d/mnesia RABBITMQ_LOG_BASE=$d/log RABBITMQ_PID_FILE=$d/pid
	export RABBITMQ_CONFIG_FILE=$d/rabbitmq RABBITMQ_ENABLED_PLUGINS_FILE=$d/enabled_plugins
	export RABBITMQ_ADVANCED_CONFIG_FILE=$d/advanced RABBITMQ_CONF_ENV_FILE=$d/none
	# Two schedulers that do not spin: the tests need the cores themselves.
	export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none $loopback"
	export RABBITMQ_CTL_ERL_ARGS=$loopback
}

rabbitmq_run() (
	rabbitmq_environment
	d=$(dir)/rabbitmq
	# Our own epmd first, in the foreground of a process whose pid we know;
	# otherwise Erlang would leave a daemon behind.
	if ! alive "$(cat "$d/epmd-pid" 2>/dev/null)"; then
		rm -f "$d/epmd-pid"
		detach "$d" bash -c 'echo $$ >epmd-pid && exec epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1'
		for _ in {1..50}; do listening "$ERL_EPMD_PORT" && break || sleep 0.1; done
	fi
	rm -f "$d/pid"
	detach "$d" "$RABBITMQ_BIN/rabbitmq-server"
)

# rabbitmq_ready: the server answers the protocol header with a method frame
# (first octet 1). The listener opens as the last step of the boot.
rabbitmq_ready() {
	local octet
	octet=$( (
		exec 3<>"/dev/tcp/127.0.0.1/$(port rabbitmq)"
		printf 'AMQP\x00\x00\x09\x01' >&3
		timeout 2 head -c 1 <&3 | od -An -tu1
	) 2>/dev/null | tr -d ' ')
	[ "$octet" = 1 ]
}

# SIGTERM is an orderly stop; then epmd, which nobody else uses.
rabbitmq_quit() {
	local server epmd
	server=$(pid rabbitmq) # the server removes its pid file early in its own stop
	epmd=$(cat "$(dir)/rabbitmq/epmd-pid" 2>/dev/null) || true
	kill -TERM "$server" 2>/dev/null || true
	gone "$server" 15 || true
	! alive "$epmd" || kill -TERM "$epmd" 2>/dev/null || true
}

rabbitmq_env() {
	echo "export SALT_TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:$(port rabbitmq)/"
	echo "export SALT_TEST_RABBITMQCTL=$(printf %q "$state/rabbitmqctl")"
	echo "export SALT_TEST_RABBITMQ_PIDFILE=$(dir)/rabbitmq/pid"
}
