# Processes and ports. Sourced by scripts/services.

pid() { cat "$(dir)/$1/pid" 2>/dev/null; }
port() { cat "$(dir)/$1/port" 2>/dev/null; }

# alive PID: the process exists and works inside our data directory. The second
# half is what makes a recycled pid harmless: every server here is started with
# its working directory in the data directory.
alive() {
	[ -n "${1:-}" ] || return 1
	case $(readlink "/proc/$1/cwd" 2>/dev/null) in
	"$(dir)"/*) ;;
	*) return 1 ;;
	esac
	# A zombie has ended; only its parent has not heard.
	! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

running() { alive "$(pid "$1")"; }

# gone PID SECONDS: wait for the end of a process.
gone() {
	local i
	for ((i = 0; i < $2 * 10; i++)); do
		alive "$1" || return 0
		sleep 0.1
	done
	return 1
}

# inhabitants DIR: the pids of whatever works inside it.
inhabitants() {
	local p d=$1
	for p in /proc/[0-9]*; do
		case $(readlink "$p/cwd" 2>/dev/null) in
		"$d" | "$d"/*) echo "${p#/proc/}" ;;
		esac
	done
}

inhabited() { [ -n "$(inhabitants "$1")" ]; }

# sweep DIR: end whatever still works inside our data directory (Erlang's
# helpers, a server whose pid file was lost). These are ours and nobody else's.
sweep() {
	local p
	for p in $(inhabitants "$1"); do kill -KILL "$p" 2>/dev/null || true; done
	for _ in {1..50}; do inhabited "$1" && sleep 0.1 || break; done
}

# listening PORT: somebody accepts connections.
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port: a port nobody listens on, below the range the kernel gives to
# outgoing connections. Two starters may still choose the same one; launch
# again with another port is the cure, see settle.
free_port() {
	local p
	for _ in {1..100}; do
		p=$((20000 + RANDOM % 12000))
		if ! listening "$p"; then
			echo "$p"
			return
		fi
	done
	echo "services: no free port found" >&2
	return 1
}

# launch SERVICE: prepare its directory, choose ports, start the process.
launch() {
	local d
	d=$(dir) && [ -n "$d" ] || return 1
	rm -rf "${d:?}/$1"
	mkdir -p "$(dir)/$1"
	free_port >"$(dir)/$1/port"
	"$1_prepare" && "$1_run"
}

# await SERVICE SECONDS: wait until it answers; fail at once when it has died.
await() {
	local i
	for ((i = 0; i < $2 * 5; i++)); do
		"$1_ready" && running "$1" && return 0
		# The pid file comes a moment after the launch, so absence alone is no death.
		if ((i > 25)) && ! running "$1"; then return 1; fi
		sleep 0.2
	done
	return 1
}

# settle SERVICE: await it, and when it died try once more with other ports:
# somebody else may have taken ours between the choice and the bind.
settle() {
	await "$1" 90 && return 0
	! running "$1" || return 1
	echo "services: $1 died while starting; trying once more on another port" >&2
	launch "$1" && await "$1" 90
}

# detach DIR COMMAND...: run a server in its own session with its working
# directory in DIR, so that Ctrl-C in the terminal does not reach it. File
# descriptor 9 (the lock) must not be inherited, or stop would wait for ever.
detach() {
	local where=$1
	shift
	(cd "$where" && exec setsid "$@" </dev/null >>"$where/out.log" 2>&1 9>&-) &
	disown
}
