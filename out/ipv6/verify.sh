#!/usr/bin/env bash
# Asks a node of cluster six whether everything is as it should be.
# Made by hagen. Do not edit: change the topology and build again.
#
# Run it as root on each node. It changes nothing. It prints TAP: `ok` or `not ok` for each check, with what was
# seen where something is wrong; the exit code is 0 if everything is ok and 1 if not.
# CHECKLIST.md has the same checks in words.
#
# It looks at what runs. Whether the cluster's whole configuration and Corosync's options are those of the topology,
# `./pcs.sh --dry-run push` and `./pcs.sh --dry-run corosync` tell.

set -uo pipefail
export LC_ALL=C

number=0
failed=0

# check TITLE FUNCTION ARGUMENT...: prints one line of TAP, and below it what the function said if it failed.
check() {
    local title=$1 seen rc=0
    shift
    number=$((number + 1))
    seen=$("$@" 2>&1) || rc=$?
    case $rc in
        0) printf 'ok %d - %s\n' "$number" "$title" ;;
        *)
            printf 'not ok %d - %s\n' "$number" "$title"
            printf '%s\n' "${seen:-exit code $rc}" | sed 's/^/# /'
            failed=$((failed + 1))
            ;;
    esac
}

# same WHAT SEEN WANTED: fails and says so unless both are equal.
same() {
    [ "$2" = "$3" ] || {
        printf '%s is "%s", not "%s"\n' "$1" "$2" "$3"
        return 1
    }
}

# none WHAT SEEN: fails and says so if something was seen.
none() {
    [ -z "$2" ] || {
        printf '%s: %s\n' "$1" "$2"
        return 1
    }
}

# Whether Pacemaker lists every node as online: a node in standby or maintenance, or without Pacemaker, is not there.
nodes_online() {
    local node seen online missing=()
    seen=$(crm_mon --one-shot) || return
    online=" $(sed -n 's/^.*[* ]*Online: \[ *\(.*\) *\].*$/\1/p' <<<"$seen") "
    for node in "$@"; do
        [[ $online == *" $node "* ]] || missing+=("$node")
    done
    none "not online, or not to work at the moment" "${missing[*]-}"
}

no_failure() {
    local seen
    seen=$(crm_mon --one-shot) || return
    none "what failed, until pcs resource cleanup forgets it" "$(sed -n '/^Failed .*Actions:/,/^$/p' <<<"$seen")"
}

members_joined() {
    local seen
    seen=$(corosync-cmapctl) || return
    same "the number of members" "$(grep -c '\.members\..*\.status.* = joined' <<<"$seen")" "$1"
}

links_connected() {
    local seen
    seen=$(corosync-cfgtool -n) || return
    none "not connected" "$(grep ' LINK: ' <<<"$seen" | grep -v ' connected ' | sed 's/^ *//')" &&
        same "the number of links to other nodes" "$(grep -c ' LINK: ' <<<"$seen")" "$1"
}

# The same of Corosync 2, which knows faults and not nodes.
rings_faultless() {
    local seen
    seen=$(corosync-cfgtool -s) || return
    same "the number of rings without fault" "$(grep -c 'active with no faults' <<<"$seen")" "$1" || {
        printf '%s\n' "$seen"
        return 1
    }
}

quorate() {
    local seen
    seen=$(corosync-quorumtool -s)
    grep -q '^Quorate:[[:space:]]*Yes' <<<"$seen" || {
        grep -E '^(Quorate|Nodes|Expected votes|Total votes|Quorum|Flags):' <<<"$seen" || printf '%s\n' "$seen"
        return 1
    }
}

device_connected() {
    local seen
    seen=$(corosync-qdevice-tool -s) || return
    grep -q '^State:[[:space:]]*Connected' <<<"$seen" || {
        grep -E '^(QNetd host|State):' <<<"$seen" || printf '%s\n' "$seen"
        return 1
    }
}

configuration_faultless() {
    local seen
    seen=$(crm_verify -L -V 2>&1) || {
        printf '%s\n' "$seen"
        return 1
    }
    none "crm_verify says" "$seen"
}

# crm_resource and pcs move and ban resources by constraints whose names begin with cli-.
nothing_moved() {
    local seen
    seen=$(cibadmin --query --scope constraints) || return
    none "pcs resource clear takes this away" "$(grep 'id="cli-' <<<"$seen")"
}

# managed NAME...: all but these is managed and enabled; crm_mon says in brackets what is not.
managed() {
    local seen name
    seen=$(crm_mon --one-shot --inactive) || return
    seen=$(grep -E '\(([^)]*, )?(disabled|unmanaged|maintenance)[,)]' <<<"$seen" | sed -E 's/^[*[:space:]]*//')
    for name in "$@"; do
        seen=$(grep -v -E "^((Clone Set|Resource Group): )?$name(:[0-9]+)?[[:space:]]" <<<"$seen")
    done
    none "pcs resource manage, pcs resource enable, or pcs resource meta with maintenance=, makes good" "$seen"
}

property_is() {
    local seen
    seen=$(crm_attribute --type crm_config --name "$1" --query --quiet 2>&1) || {
        printf '%s is not set, or cannot be read: %s\n' "$1" "$seen"
        return 1
    }
    same "$1" "$seen" "$2"
}

# A cluster in maintenance does nothing when something fails.
in_service() {
    local seen
    seen=$(crm_attribute --type crm_config --name maintenance-mode --query --quiet --default false) || return
    same maintenance-mode "$seen" false
}

# The nodes on which a resource runs, one a line.
places() { crm_resource --resource "$1" --locate --quiet; }

runs_on() {
    local seen
    seen=$(places "$2") || return
    same "the number of nodes that run $2" "$(grep -c . <<<"$seen")" "$1" || {
        [ -z "$seen" ] || printf 'they are: %s\n' "${seen//$'\n'/ }"
        return 1
    }
}

runs_somewhere() {
    local seen
    seen=$(places "$1") || return
    [ -n "$seen" ] || {
        printf '%s runs nowhere\n' "$1"
        return 1
    }
}

# can_stop DEVICE NODE...: Pacemaker's fencer here, if it has DEVICE at all, would use it for each of the nodes.
can_stop() {
    local device=$1 node missing=()
    shift
    fences_with "$device" --list-registered || return 0
    for node in "$@"; do
        fences_with "$device" --list "$node" || missing+=("$node")
    done
    none "$device would not be used for" "${missing[*]-}"
}

# A node that may not run a device has it not in its fencer.
fences_with() {
    local seen
    seen=$(stonith_admin "${@:2}" 2>/dev/null)
    grep -qxF -- "$1" <<<"${seen//[[:blank:]]/}"
}

same_node() {
    local one other
    one=$(places "$1") && other=$(places "$2") || return
    same "the node of $1" "$one" "$other"
}

address_follows() {
    local here place seen
    here=$(crm_node --name) && place=$(places "$1") || return
    seen=$(ip -oneline address show to "$2") || return
    if [ "$here" = "$place" ]; then
        [ -n "$seen" ] || {
            printf '%s runs here, and %s is not here\n' "$1" "$2"
            return 1
        }
    else
        none "$1 runs on ${place:-no node}, and yet here is" "$seen"
    fi
}

proxy_accepts() {
    local seen
    seen=$(haproxy -c -f "$1" 2>&1) || {
        printf '%s\n' "$seen"
        return 1
    }
}

# Whether something takes connections at ADDRESS PORT.
answers() {
    timeout 5 bash -c "</dev/tcp/$1/$2" 2>/dev/null || {
        printf 'nothing takes connections at %s port %s\n' "$1" "$2"
        return 1
    }
}

# The processes that systemd started as HAProxy: the first, and those that it started itself.
proxy_processes() {
    local first
    first=$(systemctl show --property=MainPID haproxy.service) || return
    first=${first#MainPID=}
    [ "$first" = 0 ] || {
        printf '%s\n' "$first"
        pgrep -P "$first" || true
    }
}

# proxy_is_current FILE: if HAProxy runs here, its newest process is younger than FILE.
proxy_is_current() {
    local processes began written
    processes=$(proxy_processes) || return
    [ -n "$processes" ] || return 0
    # Not when it was written, which cp -p and rsync keep, but when it was put there.
    written=$(stat -c %Z "$1") || return
    began=$(($(date +%s) - $(ps -o etimes= -p "${processes//$'\n'/,}" | sort -n | head -n 1)))
    # Both are whole seconds.
    [ "$written" -le "$((began + 1))" ] || {
        printf '%s was written %d s after HAProxy had read it last\n' "$1" "$((written - began))"
        return 1
    }
}

unit_is_read() {
    local seen
    seen=$(systemctl show --property=NeedDaemonReload "$1") || return
    same "what systemd says of $1" "$seen" NeedDaemonReload=no
}

# local_url PORT PATH ADDRESS...: the page on that of the addresses which is this host's, or on the first.
local_url() {
    local port=$1 path=$2 address=$3 each
    shift 2
    for each in "$@"; do
        [ -z "$(ip -oneline address show to "$each" 2>/dev/null)" ] || address=$each
    done
    [[ $address != *:* ]] || address="[$address]"
    printf 'http://%s:%s%s\n' "$address" "$port" "$path"
}

http_status() {
    local wanted=$1 url seen
    shift
    url=$(local_url "$@")
    seen=$(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' "$url")
    same "the answer of $url" "${seen/000/none}" "$wanted"
}

# servers_up USER VARIABLE FILE SERVICES PORT PATH ADDRESS...: reads HAProxy's numbers. The password is in VARIABLE,
# or else in FILE, where HAProxy's service finds it; it goes to curl on its standard input.
servers_up() {
    local user=$1 variable=$2 file=$3 services=$4 password=${!2-} url seen
    shift 4
    url=$(local_url "$@")
    [ -n "$password" ] || password=$(sed -n "s/^$variable=//p" "$file" 2>/dev/null | tail -n 1 | sed "s/^[\"']//; s/[\"']$//")
    [ -n "$password" ] || {
        printf '%s is neither set nor in %s, so the servers cannot be looked at\n' "$variable" "$file"
        return 1
    }
    password=${password//\\/\\\\}
    password=${password//\"/\\\"}
    seen=$(printf 'user = "%s:%s"\n' "$user" "$password" | curl --silent --show-error --max-time 5 --fail --config - "$url;csv" 2>&1) || {
        printf 'the stats page, asked with the password that is here in %s: %s\n' "$variable" "$seen"
        return 1
    }
    each_has_one_up "$services" "$seen"
}

# each_has_one_up SERVICES NUMBERS: HAProxy's numbers, as CSV, have a server that is up for each service.
each_has_one_up() {
    local service down=()
    for service in $1; do
        awk -F, -v service="$service" '$1 == service && $2 != "FRONTEND" && $2 != "BACKEND" && $18 ~ /^UP/ { up = 1 }
            END { exit !up }' <<<"$2" || down+=("$service")
    done
    none "no usable server" "${down[*]-}"
}

# servers_up_at SOCKET SERVICES: reads HAProxy's numbers at its socket.
servers_up_at() {
    local seen
    seen=$(echo show stat | socat -t 5 - "UNIX-CONNECT:$1") || {
        printf 'HAProxy does not answer at %s\n' "$1"
        return 1
    }
    each_has_one_up "$2" "$seen"
}

sysctl_is() {
    local seen
    seen=$(sysctl -n "$1") || return
    same "$1" "$(tr -s '[:space:]' ' ' <<<"$seen" | sed 's/ $//')" "$2"
}

unit_is() { same "$2" "$(systemctl "$1" "$2" 2>&1)" "$3"; }

listens_at() {
    grep -q " $1\$" /proc/net/unix || {
        printf 'rsyslog does not listen at %s\n' "$1"
        return 1
    }
}

listens_on() {
    local seen
    seen=$(ss -lnu) || return
    grep -q -F " $1 " <<<"$seen" || {
        printf 'rsyslog does not listen on %s\n' "$1"
        return 1
    }
}

# table_is_loaded FILE: the table is as nft lists it after reading FILE, which it does in a network namespace that ends with it.
# Rules of somebody else may begin with a flush, and then the table is gone.
table_is_loaded() {
    local seen wanted
    seen=$(nft list table inet hagen 2>/dev/null) || {
        echo "table inet hagen is not loaded: systemctl reload-or-restart hagen-firewall.service loads it"
        return 1
    }
    wanted=$(unshare --net sh -c "nft -f '$1' && nft list table inet hagen") || return
    [ "$seen" = "$wanted" ] || {
        echo "table inet hagen is not what $1 says (<); systemctl reload-or-restart hagen-firewall.service loads it:"
        diff <(printf '%s\n' "$wanted") <(printf '%s\n' "$seen")
        return 1
    }
}

# firewalld_has QUERY NAME...: what firewalld lists has every name; if it does not run, it stops nobody.
firewalld_has() {
    local query=$1 name seen missing=()
    shift
    [ "$(firewall-cmd --state 2>/dev/null)" = running ] || return 0
    seen=$(firewall-cmd "$query") || return
    for name in "$@"; do
        [[ " ${seen//$'\n'/ } " == *" $name "* ]] || missing+=("$name")
    done
    none "firewall-cmd $query lacks" "${missing[*]-}"
}

# file_is DIGEST STATE FILE: FILE has this content, and this owner, group and mode.
file_is() {
    local seen
    seen=$(sha256sum "$3") || return
    same "the digest of $3" "${seen%% *}" "$1" || {
        echo "it was edited here, or comes from another build"
        return 1
    }
    seen=$(stat -L -c '%U:%G 0%a' "$3") || return
    same "what stat says of $3" "$seen" "$2"
}

# for_root_alone FILE: something is in FILE, and root alone may read or write it. What is in it is not looked at.
for_root_alone() {
    local seen
    seen=$(stat -L -c '%A %U %s' "$1") || return
    [[ $seen == -???------\ root\ [1-9]* ]] || {
        printf '%s is "%s", not a file of root that nobody else may read, with something in it\n' "$1" "$seen"
        return 1
    }
}

# held_by_root FILE...: every folder on the way to each file, and to what a link leads to, is root's, who alone may write there.
held_by_root() {
    none "others than root own this, or may write there" "$(namei -l "$@" 2>/dev/null |
        awk '/^ *d/ && ($2 != "root" || $1 ~ /^d(....|.......)w/)' | sort -u)"
}

printf '1..%d\n' 37
check 'every node that is to work is online' nodes_online six1 six2 six3
check 'nothing has failed' no_failure
check 'the cluster is not in maintenance' in_service
check 'corosync on this node sees every member' members_joined 3
check 'this node'"'"'s part of the cluster has quorum' quorate
check 'Pacemaker finds no fault with its configuration' configuration_faultless
check 'nothing is left of a move or a ban by hand' nothing_moved
check 'cluster property stonith-enabled is false' property_is stonith-enabled false
check 'cluster property no-quorum-policy is stop' property_is no-quorum-policy stop
check 'vip_front runs on one node' runs_on 1 vip_front
check 'address 2001:db8:16::100 is on that node and no other' address_follows vip_front 2001:db8:16::100
check 'no resource is unmanaged or disabled by hand' managed
check 'HAProxy runs on 3 nodes' runs_on 3 lb-haproxy-clone
check 'HAProxy accepts its configuration' proxy_accepts /etc/haproxy/haproxy.cfg
check 'HAProxy runs with the configuration that is there' proxy_is_current /etc/haproxy/haproxy.cfg
check 'systemd has read what HAProxy needs of it' unit_is_read haproxy.service
check 'the proxy takes connections for dns-over-tcp on 2001:db8:16::100 port 8053' answers 2001:db8:16::100 8053
check 'the proxy takes connections for dashboard on 2001:db8:16::100 port 80' answers 2001:db8:16::100 80
check 'the stats page asks for its password' http_status 401 1080 / 2001:db8:16::100
check 'every service has a usable server' servers_up admin HAPROXY_STATS_PASSWORD /etc/default/haproxy 'dns-over-tcp dashboard' 1080 / 2001:db8:16::100
check 'kernel parameter net.ipv6.ip_nonlocal_bind is 1' sysctl_is net.ipv6.ip_nonlocal_bind 1
check 'HAProxy'"'"'s log is taken' listens_at /var/lib/haproxy/dev/log
check 'the cluster'"'"'s ports are closed to strangers' table_is_loaded /etc/hagen/firewall.nft
check 'systemd has pcsd enabled' unit_is is-enabled pcsd.service enabled
check 'systemd has corosync enabled' unit_is is-enabled corosync.service enabled
check 'systemd has pacemaker enabled' unit_is is-enabled pacemaker.service enabled
check 'systemd has pcsd active' unit_is is-active pcsd.service active
check 'systemd has hagen-firewall enabled' unit_is is-enabled hagen-firewall.service enabled
check 'systemd has haproxy disabled' unit_is is-enabled haproxy.service disabled
check '/etc/haproxy/haproxy.cfg is what hagen made' file_is 2e8b0337af43e22919de2834d5a33c965553a906c8d1c71b1434850e812c0140 'root:root 0644' /etc/haproxy/haproxy.cfg
check '/etc/systemd/system/haproxy.service.d/hagen.conf is what hagen made' file_is f2731aba7e6edb44e476e7fc3b5d56a6811df21b8efe341f9fa3fbc6a56bf41e 'root:root 0644' /etc/systemd/system/haproxy.service.d/hagen.conf
check '/etc/sysctl.d/90-hagen.conf is what hagen made' file_is c308a2553f64b0ed0856d6f7064b96be1bfbccbcc3c477f79f5cc0706c107585 'root:root 0644' /etc/sysctl.d/90-hagen.conf
check '/etc/rsyslog.d/49-haproxy.conf is what hagen made' file_is 99dccdcfe0e04f02a9f986e83d51fad6214db529bd58c26447f0aac11dbb71c0 'root:root 0644' /etc/rsyslog.d/49-haproxy.conf
check '/etc/systemd/system/hagen-firewall.service is what hagen made' file_is 1fb97068de8c206f993415ad49084969090b85f43cd95e204e678d967b14deee 'root:root 0644' /etc/systemd/system/hagen-firewall.service
check '/etc/hagen/firewall.nft is what hagen made' file_is d1c58109a2337afa18646265bf13e29baacdaf5cddaf37f908cb23fc8b779881 'root:root 0644' /etc/hagen/firewall.nft
check '/etc/default/haproxy is there, for root alone' for_root_alone /etc/default/haproxy
check 'root alone may change the folders of all these files' held_by_root /etc/default/haproxy /etc/hagen/firewall.nft /etc/haproxy/haproxy.cfg /etc/rsyslog.d/49-haproxy.conf /etc/sysctl.d/90-hagen.conf /etc/systemd/system/hagen-firewall.service /etc/systemd/system/haproxy.service.d/hagen.conf

[ "$failed" -eq 0 ]
