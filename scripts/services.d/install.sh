# Getting what is missing from Debian. Sourced by scripts/services.

package() {
	case $1 in
	rabbitmq) echo rabbitmq-server ;;
	postgres) echo postgresql ;;
	redis) echo redis-server ;;
	esac
}

# install_packages SERVICE...: as root on Debian; otherwise says what to do.
# Failure is no error here: start reports each service that is still missing.
install_packages() {
	local packages=() s
	for s in "$@"; do packages+=("$(package "$s")"); done
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "services: install these first: ${packages[*]} (only root on Debian gets them installed)" >&2
		return 0
	fi
	echo "services: installing ${packages[*]} ..." >&2
	(
		exec 8>/run/salt-services-install.lock
		flock 8
		# Debian starts a service right after its installation unless this says no.
		if ! [ -e /usr/sbin/policy-rc.d ]; then
			trap 'rm -f /usr/sbin/policy-rc.d' EXIT
			printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
			chmod 755 /usr/sbin/policy-rc.d
		fi
		# No ready-made cluster: ours is made with initdb.
		mkdir -p /etc/postgresql-common
		[ -e /etc/postgresql-common/createcluster.conf ] ||
			echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
		export DEBIAN_FRONTEND=noninteractive
		apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold)
		# A broken third-party source must not keep Debian's own from us.
		"${apt[@]}" update || echo "services: apt-get update had errors" >&2
		"${apt[@]}" install --no-install-recommends "${packages[@]}" ||
			for p in "${packages[@]}"; do
				"${apt[@]}" install --no-install-recommends "$p" || echo "services: $p cannot be installed" >&2
			done
	) </dev/null >"$state/install.log" 2>&1 9>&- || true
	grep '^services:' "$state/install.log" >&2 || true
}
