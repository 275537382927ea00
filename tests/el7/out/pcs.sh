#!/usr/bin/env bash
# Cluster rich7 of a b c d
# on Enterprise Linux 7 (CentOS), pcs 0.9.169
# Made by hagen. Do not edit: change the topology and build again.
#
#   pcs.sh auth        let pcs on this host give commands to pcsd on every node
#   pcs.sh setup       make the cluster, start it, enable it at boot
#   pcs.sh cib FILE    write the complete wanted configuration to FILE; no cluster is touched
#   pcs.sh push        bring the running cluster to what is wanted, changing only what differs
#   pcs.sh all         auth, setup and push
#   pcs.sh join NODE   take a node that is new in the topology into the running cluster; then push
#   pcs.sh leave NODE  take a node that is no longer in the topology out of the running cluster; then push
#   pcs.sh corosync    change Corosync's options as far as the cluster can go on meanwhile, and say what is left to do
#   pcs.sh sbd-disks   prepare the shared disks of SBD, before `setup`; a disk that holds anything is left alone
#
#   --dry-run          with any step: show what would be done and change nothing
#   --replace          with push and all: remove what the cluster has and the topology does not know
#
# Run it as root on one of the nodes. It can be run again at any time: a second run changes nothing, a run after an
# edit of the topology changes only what was edited.
#
# `push` decides about properties, resources, constraints, defaults, fencing levels, ACLs, alerts and tags: what the
# topology does not say of these goes, and where that is more than a value, only with --replace. It leaves alone what
# belongs to the operator: standby, maintenance and attributes of nodes that the topology does not mention, the
# property maintenance-mode, and what `pcs resource disable` and `unmanage` and `cibsecret set` have set.
#
# The password of hacluster is read from the environment variable HACLUSTER_PASSWORD
# and goes to pcs on its standard input; it is never an argument.

# shellcheck disable=SC2016,SC1003
set -euo pipefail
export LC_ALL=C

cluster=rich7
nodes=(a b c d)
corosync_conf=/etc/corosync/corosync.conf
sbd_conf=/etc/sysconfig/sbd
dry_run=no
replace=no

say() { printf '%s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

usage() { sed -n '/^#   pcs.sh auth/,/^#   --replace/s/^# \{0,1\}//p' "$0"; }

# Runs a command, or with --dry-run only says which.
run() {
    if [ "$dry_run" = yes ]; then
        say "would run: $*"
    else
        "$@"
    fi
}

# Whether $1 is a node of the topology.
is_node() { case " ${nodes[*]} " in *" $1 "*) ;; *) return 1 ;; esac }

# Everything is prepared in a folder that only root can read and that goes away with the script.
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The password is taken out of the environment, so that no command inherits it.
hacluster_password=${HACLUSTER_PASSWORD:-}
unset HACLUSTER_PASSWORD

password() {
    [ -n "$hacluster_password" ] || die "the password of hacluster is not in the environment variable HACLUSTER_PASSWORD"
    printf '%s\n' "$hacluster_password"
}

# --- auth ------------------------------------------------------------------------------------------------------

step_auth() {
    local seen
    if seen=$(pcs cluster pcsd-status "${nodes[@]}" 192.0.2.250 2>&1); then
        say "auth: every node knows this host already"
        return
    fi
    if [ "$dry_run" = yes ]; then
        say "would authenticate to ${nodes[*]}"
        return
    fi
    password >/dev/null
    hosts_auth < <(password) | without_prompt ||
        die "authentication failed: is the password right, and is every host up, with pcsd? (push needs no authentication)" \
            "Before it, pcs said: ${seen//$'\n'/, }"
}

# pcs asks for the password even where nobody reads the question, and ends no line with it.
without_prompt() { sed 's/^Password: //'; }

hosts_auth() {
    pcs cluster auth \
        a \
        b \
        c \
        d \
        192.0.2.250 \
        -u hacluster
}

# --- setup -----------------------------------------------------------------------------------------------------

step_setup() {
    on_a_node
    if has_cluster; then
        is_ours
        say "setup: cluster $cluster exists already"
        members_are_wanted
    else
        make_cluster
    fi
    # A set-up that was cut short before the cluster ran here is taken up; where it runs, this changes nothing.
    if ! has_cluster || ! cibadmin --query >/dev/null 2>&1; then
        disks_are_ready
        # The quorum device comes before SBD: without one, pcs would turn on auto_tie_breaker for an SBD without disks.
        has_device || run "${device_command[@]}"
        # SBD has to be there before the cluster first starts: it is started with it, and stops with it.
        systemctl is-enabled --quiet sbd.service || run "${sbd_command[@]}"
        run pcs cluster start --all --wait=120
    fi
    # Asked one by one: of several units, systemctl is content with one.
    { systemctl is-enabled --quiet corosync.service && systemctl is-enabled --quiet pacemaker.service; } ||
        run pcs cluster enable --all
    differences_are_said
}

make_cluster() {
    run pcs cluster setup --name rich7 \
        a \
        b \
        c \
        d \
        --transport udpu \
        --encryption 1 \
        --token 5000 \
        --consensus 8000 \
        --join 50 \
        --wait_for_all=1
}

# What turns SBD on everywhere, or off if the topology has none; it takes effect when the cluster starts.
sbd_command=(
    pcs stonith sbd enable \
        --watchdog=/dev/watchdog \
        --device=/dev/disk/by-id/shared-1 \
        --device=/dev/disk/by-id/shared-2 \
        --device=/dev/disk/by-id/shared-3 \
        --watchdog=/dev/watchdog1@a \
        --device=/dev/disk/by-id/own-1@a \
        --device=/dev/disk/by-id/own-2@a \
        --device=/dev/disk/by-id/own-3@a \
        SBD_WATCHDOG_TIMEOUT=40 SBD_DELAY_START=140 SBD_STARTMODE=clean
)

has_device() { [ -e "$corosync_conf" ] && options | grep -q '^quorum\.device\.model '; }

# What adds the quorum device; its host has to know this one.
device_command=(
    pcs quorum device add \
        timeout=12000 sync_timeout=34000 \
        model net host=192.0.2.250 algorithm=ffsplit \
        tie_breaker=lowest port=5403 connect_timeout=8000 force_ip_version=4 \
        heuristics mode=on timeout=4000 sync_timeout=14000 interval=30000 \
        'exec_gateway=/usr/bin/ping -q -c 1 10.10.16.1'
)

# Ends the script unless this host is one of the nodes: pcs would make the cluster from anywhere, and then not find it.
on_a_node() {
    local me node
    me=$(uname -n)
    for node in "${nodes[@]}"; do
        case $me in "$node" | "$node".*) return ;; esac
        [ "${node%%.*}" != "$me" ] || return 0
    done
    die "this host, $me, is none of the nodes: run it on one of them: ${nodes[*]}"
}

# Whether this host is in a cluster.
has_cluster() { [ -e "$corosync_conf" ]; }

cluster_name() { sed -n 's/^[[:space:]]*cluster_name:[[:space:]]*//p' "$corosync_conf" | head -n 1; }

# Ends the script if this host is in another cluster.
is_ours() {
    local name
    has_cluster || die "this host is in no cluster: run this on a node of $cluster, or 'pcs.sh setup' to make it"
    name=$(cluster_name)
    [ "$name" = "$cluster" ] || die "this host belongs to another cluster, '$name'; it is left alone"
}

# Ends the script if the nodes of the cluster are not those of the topology.
members_are_wanted() {
    local node found wrong=no
    found=$(members)
    for node in "${nodes[@]}"; do
        grep -qxF -e "$node" <<<"$found" && continue
        say "node $node is in the topology and not in the cluster: run 'pcs.sh join $node'"
        wrong=yes
    done
    while read -r node; do
        is_node "$node" && continue
        say "node $node is in the cluster and not in the topology: run 'pcs.sh leave $node'"
        wrong=yes
    done <<<"$found"
    [ "$wrong" = no ] || die "the nodes of the cluster are not those of the topology"
}

# The names of the nodes in Corosync's configuration.
members() { options | sed -n 's/^node\.\(.*\)\.ring[0-7]_addr .*/\1/p' | sort -u; }

is_member() { members | grep -qxF -e "$1"; }

# --- sbd-disks -------------------------------------------------------------------------------------------------

# The shared disks, as this host calls them.
disks=(/dev/disk/by-id/shared-1 /dev/disk/by-id/shared-2 /dev/disk/by-id/shared-3)
case $(uname -n) in
    a | a.*) disks=(/dev/disk/by-id/own-1 /dev/disk/by-id/own-2 /dev/disk/by-id/own-3) ;;
esac
watchdog_timeout=40
msgwait_timeout=80

# Preparing a disk overwrites what is on it, so this is no part of `all`, and only empty disks are taken.
step_sbd_disks() {
    local disk seen
    for disk in "${disks[@]}"; do
        [ -e "$disk" ] || die "there is no disk $disk on this host"
        if seen=$(header "$disk"); then
            [ "$seen" = "$watchdog_timeout $msgwait_timeout" ] ||
                die "$disk is prepared for other times: watchdog and msgwait are ${seen/ / and } seconds and should be" \
                    "$watchdog_timeout and $msgwait_timeout. Stop the cluster and run" \
                    "'sbd -d $disk -1 $watchdog_timeout -4 $msgwait_timeout create' if that is what you want"
            say "sbd-disks: $disk is prepared already"
        elif blkid -p "$disk" >/dev/null; then
            die "there is something else on $disk; 'blkid -p $disk' says what. It is left alone"
        else
            run sbd -d "$disk" -1 "$watchdog_timeout" -4 "$msgwait_timeout" create
        fi
    done
}

# The times in the header that SBD has written on the disk $1; fails if there is none.
header() {
    sbd -d "$1" dump 2>/dev/null | awk '/^Timeout \(watchdog\)/ { watchdog = $NF } /^Timeout \(msgwait\)/ { msgwait = $NF }
        END { if (watchdog == "") exit 1; print watchdog " " msgwait }'
}

disks_are_ready() {
    local disk
    for disk in "${disks[@]}"; do
        header "$disk" >/dev/null || die "$disk is not prepared for SBD: run 'pcs.sh sbd-disks' first"
    done
}

# --- corosync --------------------------------------------------------------------------------------------------

# What Corosync and SBD are to be told, an option a line. Everything else is left to their own defaults.
wanted() {
    # What stands before the name of a node is for that node alone.
    awk -v me="$(uname -n)" '{ at = index($1, "@") }
        at { node = substr($1, at + 1); if (node != me && index(me, node ".") != 1) next; sub(/@[^ ]*/, "") }
        { print }' <<'END'
node.a.ring0_addr a
node.b.ring0_addr b
node.c.ring0_addr c
node.d.ring0_addr d
totem.transport udpu
totem.secauth on
totem.token 5000
totem.consensus 8000
totem.join 50
quorum.wait_for_all 1
quorum.device.model net
quorum.device.timeout 12000
quorum.device.sync_timeout 34000
quorum.device.net.host 192.0.2.250
quorum.device.net.algorithm ffsplit
quorum.device.net.tie_breaker lowest
quorum.device.net.port 5403
quorum.device.net.connect_timeout 8000
quorum.device.net.force_ip_version 4
quorum.device.heuristics.mode on
quorum.device.heuristics.timeout 4000
quorum.device.heuristics.sync_timeout 14000
quorum.device.heuristics.interval 30000
quorum.device.heuristics.exec_gateway /usr/bin/ping -q -c 1 10.10.16.1
sbd.SBD_WATCHDOG_TIMEOUT 40
sbd.SBD_DELAY_START 140
sbd.SBD_STARTMODE clean
sbd.SBD_WATCHDOG_DEV@a /dev/watchdog1
sbd.SBD_WATCHDOG_DEV@b /dev/watchdog
sbd.SBD_WATCHDOG_DEV@c /dev/watchdog
sbd.SBD_WATCHDOG_DEV@d /dev/watchdog
sbd.SBD_DEVICE@a /dev/disk/by-id/own-1;/dev/disk/by-id/own-2;/dev/disk/by-id/own-3
sbd.SBD_DEVICE@b /dev/disk/by-id/shared-1;/dev/disk/by-id/shared-2;/dev/disk/by-id/shared-3
sbd.SBD_DEVICE@c /dev/disk/by-id/shared-1;/dev/disk/by-id/shared-2;/dev/disk/by-id/shared-3
sbd.SBD_DEVICE@d /dev/disk/by-id/shared-1;/dev/disk/by-id/shared-2;/dev/disk/by-id/shared-3
END
}

# What the files on this host say, in the same form. The lines of a node and of a link are kept until its name is known.
options() {
    awk '/^[[:space:]]*(#|$)/ { next }
        $NF == "{" { section[++depth] = $1; sub(/\{$/, "", section[depth]); held = 0; name = $1 ~ /^interface/ ? "0" : ""; next }
        $1 == "}" {
            before = section[depth] == "node" ? "node." : "totem.interface."
            for (line = 1; line <= held; line++) print before name "." lines[line]
            held = 0
            depth--
            next
        }
        {
            key = $1
            sub(/:.*/, "", key)
            value = $0
            sub(/^[^:]*:[[:space:]]*/, "", value)
        }
        section[depth] == "node" && key == "name" { name = value; next }
        section[depth] == "node" && key == "ring0_addr" && name == "" { name = value }
        section[depth] == "interface" && key ~ /^(link|ring)number$/ { name = value; next }
        section[depth] ~ /^(node|interface)$/ { lines[++held] = key " " value; next }
        {
            for (line = 1; line <= depth; line++) printf "%s.", section[line]
            print key " " value
        }' "$corosync_conf" | { grep -E "$ours" || true; }
    if systemctl is-enabled --quiet sbd.service 2>/dev/null && [ -e "$sbd_conf" ]; then
        sed -n 's/^\(SBD_[A-Z_]*\)="\{0,1\}\([^"]*\)"\{0,1\}$/sbd.\1 \2/p' "$sbd_conf" | grep -E "$ours" || true
    fi
}

# The options that the topology can say. The others are those that pcs and Corosync keep themselves.
ours='^node\..*\.ring[0-7]_addr .
^totem\.(transport|secauth|ip_version|netmtu|link_mode|knet_[a-z_]+|crypto_(cipher|hash|model)) .
^totem\.(token|token_[a-z_]+|consensus|join|send_join|hold|merge|downcheck|[a-z_]+_const|max_messages|window_size) .
^totem\.(max_network_delay|heartbeat_failures_allowed|block_unlisted_ips) .
^quorum\.(wait_for_all|auto_tie_breaker|last_man_standing|last_man_standing_window) .
^quorum\.device\.(model|timeout|sync_timeout|heuristics\.[^ ]+) .
^quorum\.device\.net\.(host|algorithm|tie_breaker|port|connect_timeout|force_ip_version) .
^sbd\.SBD_(WATCHDOG_DEV|WATCHDOG_TIMEOUT|DEVICE|DELAY_START|STARTMODE|TIMEOUT_ACTION) .'

# Writes what differs to a file, a line each: the option, what it is, what it should be.
find_differences() {
    wanted >"$work/wanted-options"
    options >"$work/options"
    awk 'function given(table, key) { return key in table ? table[key] : "not set" }
        { value = substr($0, length($1) + 2) }
        FILENAME == ARGV[1] { wanted[$1] = value; all[$1]; next }
        { seen[$1] = value; all[$1] }
        END {
            for (key in all)
                if (given(seen, key) != given(wanted, key)) print key "\t" given(seen, key) "\t" given(wanted, key)
        }' "$work/wanted-options" "$work/options" | sort >"$work/differences"
}

# Says what differs and what can be done about it.
differences_are_said() {
    local key is want
    has_cluster || return 0
    find_differences
    while IFS=$'\t' read -r key is want; do
        if must_stop "$key" "$is" "$want"; then
            say "corosync: $key is $is and should be $want: 'pcs.sh corosync' says how; the whole cluster has to stop"
        else
            say "corosync: $key is $is and should be $want: run 'pcs.sh corosync'; the cluster need not stop"
        fi
    done <"$work/differences"
}

# Whether the cluster, as the file $work/options has it, needs auto_tie_breaker with $1 nodes and no quorum device: an SBD
# without disks resets both halves of an even number. pcs turns it on by itself then, if the whole cluster is down.
needs_tie_breaker() {
    [ $(($1 % 2)) = 0 ] && grep -q '^sbd\.' "$work/options" && ! grep -q '^sbd\.SBD_DEVICE ' "$work/options" &&
        ! grep -qxF 'quorum.auto_tie_breaker 1' "$work/options"
}

# Whether the whole cluster has to be down while its quorum device goes, or one comes in the place of the tie breaker.
device_must_stop() {
    { grep -q '^quorum\.device\.' "$work/options" && needs_tie_breaker "$(members | wc -l)"; } ||
        grep -Eq '^quorum\.(auto_tie_breaker|last_man_standing|last_man_standing_window) (0.|[^0])' "$work/options"
}

# pcs 0.9 has no command that changes them in a cluster that there is.
must_stop() { true; }

step_corosync() {
    is_ours
    members_are_wanted
    differences_are_said
    if [ ! -s "$work/differences" ]; then
        say "corosync: nothing to change"
        return
    fi
    say "This pcs cannot change options of a cluster. While nothing that the cluster runs is needed:"
    say "    pcs cluster stop --all"
    say "    change $corosync_conf on this host, then: pcs cluster sync"
    say "    for SBD: ${sbd_command[*]}"
    say "    for the quorum device, if there is one: pcs quorum device remove; then:$(printf ' %q' "${device_command[@]}")"
    say "    pcs cluster start --all"
    exit 1
}

# --- join, leave -----------------------------------------------------------------------------------------------

# Ends the script if the cluster has to be down before it can have $1 nodes, and says how; $2 is the step that waits.
halves_are_decided() {
    local first="pcs quorum update auto_tie_breaker=1"
    options >"$work/options"
    if grep -q '^quorum\.device\.' "$work/options" || ! needs_tie_breaker "$1"; then
        return 0
    fi
    say "$2: an SBD without disks resets both halves of $1 nodes that lose sight of each other, if nothing decides between them"
    if ! device_must_stop; then
        say "$2: so the quorum device comes first"
        step_auth
        run "${device_command[@]}"
        return 0
    fi
    # The device's host has to know this one before anybody stops the cluster for it.
    step_auth
    first=$(printf '%q ' "${device_command[@]}")
    say "What decides has to be there first, and comes only while the whole cluster, and all that it runs, is down:"
    printf '    %s\n' "pcs cluster stop --all" "$first" "pcs cluster start --all --wait=120" "$0 $2"
    die "nothing was changed"
}

step_join() {
    local node=$1 words=() line
    is_node "$node" || die "$node is not in the topology: add it there, build, and run the new pcs.sh"
    is_ours
    while read -r line; do
        words+=("$line")
    done < <(node_words "$node")
    is_member "$node" || halves_are_decided $(($(members | wc -l) + 1)) "join $node"
    if ! pcs cluster pcsd-status "$node" >/dev/null 2>&1; then
        if [ "$dry_run" = yes ]; then
            say "would authenticate to $node"
        else
            password >/dev/null
            pcs cluster auth "$node" -u hacluster < <(password) | without_prompt
        fi
    fi
    if is_member "$node"; then
        # A join that was cut short is taken up here; a node that runs already is not disturbed.
        say "join: $node is a member already"
        run pcs cluster start "$node" --wait=120
        run pcs cluster enable "$node"
    else
        run pcs cluster node add "${words[@]}" --start --wait=120 --enable
    fi
    say "join: run 'pcs.sh push' next, for what the topology says of $node"
}

# What `pcs cluster node add` is told of the node $1, a word a line.
node_words() {
    wanted | awk -v node="$1" 'index($1, "node." node ".ring") == 1 { words = words (words ? "," : "") $2 } END { print words }'
    printf '%s\n' "${sbd_command[@]}" | awk -v node="$1" '
        /^(--)?(watchdog|device)=/ {
            at = index($0, "@")
            kind = $0
            sub(/=.*/, "", kind)
            if (!at) everywhere[kind] = everywhere[kind] $0 "\n"
            else if (substr($0, at + 1) == node) own[kind] = own[kind] substr($0, 1, at - 1) "\n"
        }
        END { for (kind in everywhere) printf "%s", kind in own ? own[kind] : everywhere[kind] }' | sort -r
}

step_leave() {
    local node=$1 me
    me=$(uname -n)
    ! is_node "$node" || die "$node is in the topology: remove it there, build, and run the new pcs.sh"
    is_ours
    case $me in "$node" | "$node".*) die "this is $node itself: run this on a node that stays" ;; esac
    if is_member "$node"; then
        halves_are_decided $(($(members | wc -l) - 1)) "leave $node"
        run pcs cluster node remove "$node" ||
            die "$node is still a member; if it is gone for good: pcs cluster node remove $node --skip-offline --force"
    elif cibadmin --query --scope nodes | grep -qF "uname=\"$node\""; then
        # A removal that was cut short: Corosync has forgotten the node, Pacemaker has not.
        run pcs cluster node clear "$node"
    else
        say "leave: $node is not in the cluster"
        return
    fi
    say "leave: run 'pcs.sh push' next; with --replace it removes what was there for $node alone, as its fencing device"
}

# --- cib -------------------------------------------------------------------------------------------------------

# Gives one command to pcs for the file $cib; its words are shown only if it fails.
in_cib() {
    # pcs refuses a resource whose remote node is in the file already; the node is put aside until it has made the resource.
    local node='' known=''
    [ "$1 $2" != "resource create" ] || node=$(remote_node_of "${@:3}")
    if [ -n "$node" ] && is_in_cib "//nodes/node[@id='$node']"; then
        known=$(CIB_file=$cib cibadmin --query --scope nodes)
        CIB_file=$cib cibadmin --delete --xpath "//nodes/node[@id='$node']"
    fi
    pcs -f "$cib" "$@" >"$work/pcs.log" 2>&1 || {
        cat "$work/pcs.log" >&2
        die "pcs did not accept: $*"
    }
    [ -z "$known" ] || CIB_file=$cib cibadmin --replace --scope nodes --xml-text "$known"
}

# The node that a resource with these words connects to, if any: a remote node, or the guest inside of a machine.
remote_node_of() {
    local word
    [ "$2" != ocf:pacemaker:remote ] || printf '%s' "$1"
    for word in "$@"; do
        case $word in remote-node=*) printf '%s' "${word#*=}" ;; esac
    done
}

is_in_cib() { CIB_file=$cib cibadmin --query --xpath "$1" >/dev/null 2>&1; }

# Adds everything that is wanted to the file $cib.
build() {
    # how the cluster behaves as a whole
    in_cib property set \
        stonith-enabled=true \
        no-quorum-policy=stop \
        cluster-recheck-interval=5min \
        node-health-strategy=migrate-on-red \
        pe-warn-series-max=1000 \
        placement-strategy=balanced \
        stonith-timeout=150s \
        symmetric-cluster=true
    # properties that hagen does not know, passed on unchecked
    in_cib property set --force site-note=kept
    # what holds for every resource that does not say otherwise
    in_cib resource defaults \
        migration-threshold=3 \
        priority=1 \
        resource-stickiness=100
    # what holds for every operation that does not say otherwise
    in_cib resource op defaults \
        timeout=60s \
        record-pending=true
    # node a
    in_cib node attribute a \
        rack=r1 \
        'role=left hand'
    in_cib node utilization a \
        cpu=16 \
        memory=64000
    # node b
    in_cib node attribute b rack=r1
    in_cib node utilization b \
        cpu=16 \
        memory=64000
    # node c
    in_cib node attribute c rack=r1
    in_cib node utilization c \
        cpu=16 \
        memory=64000
    in_cib node unstandby c
    in_cib node unmaintenance c
    # node d
    in_cib node attribute d rack=r2
    in_cib node utilization d \
        cpu=16 \
        memory=64000
    in_cib node standby d
    # can stop a
    in_cib stonith create ipmi-a fence_ipmilan \
        ipaddr=10.10.30.1 \
        login=admin \
        lanplus=true \
        pcmk_host_list=a \
        'passwd_script=cat /etc/hagen/ipmi-a' \
        pcmk_delay_base=5s \
        pcmk_delay_max=8s \
        op monitor interval=60s \
        meta failure-timeout=10min
    in_cib constraint location ipmi-a avoids a=INFINITY
    # can stop b
    in_cib stonith create ipmi-b fence_ipmilan \
        ipaddr=10.10.30.2 \
        login=admin \
        lanplus=true \
        pcmk_host_list=b \
        'passwd_script=cat /etc/hagen/ipmi-b' \
        op monitor interval=60s
    in_cib constraint location ipmi-b avoids b=INFINITY
    # can stop c
    in_cib stonith create ipmi-c fence_ipmilan \
        ipaddr=10.10.30.3 \
        login=admin \
        lanplus=true \
        pcmk_host_list=c \
        'passwd_script=cat /etc/hagen/ipmi-c' \
        op monitor interval=60s
    in_cib constraint location ipmi-c avoids c=INFINITY
    # can stop d
    in_cib stonith create ipmi-d fence_ipmilan \
        ipaddr=10.10.30.4 \
        login=admin \
        lanplus=true \
        pcmk_host_list=d \
        'passwd_script=cat /etc/hagen/ipmi-d' \
        op monitor interval=60s
    in_cib constraint location ipmi-d avoids d=INFINITY
    # can stop remote1
    in_cib stonith create power-remote1 fence_ipmilan \
        ipaddr=10.10.30.5 \
        login=admin \
        lanplus=true \
        pcmk_host_list=remote1 \
        'passwd_script=cat /etc/hagen/ipmi-remote1' \
        op monitor interval=60s
    # can stop a, b, c, d
    in_cib stonith create disk fence_sbd \
        devices=/dev/disk/by-id/shared-1,/dev/disk/by-id/shared-2,/dev/disk/by-id/shared-3 \
        'pcmk_host_list=a b c d' \
        op monitor interval=60s
    # which devices are tried one after the other: if one level fails, the next
    in_cib stonith level add 1 a ipmi-a
    in_cib stonith level add 2 a disk
    in_cib stonith level add 1 'regexp%^[bc]$' disk
    in_cib stonith level add 1 attrib%rack=r2 ipmi-d disk
    # the address 10.10.16.100, on one node at a time
    in_cib resource create vip_management ocf:heartbeat:IPaddr2 \
        ip=10.10.16.100 cidr_netmask=24 \
        nic=eth0 \
        op monitor interval=10s timeout=20s
    # HAProxy, looked after by the cluster and not by systemd alone
    in_cib resource create lb-haproxy systemd:haproxy op monitor interval=10s timeout=30s
    in_cib resource clone lb-haproxy meta interleave=true
    # remote1 runs resources without being a member
    in_cib resource create remote1 ocf:pacemaker:remote \
        server=10.10.16.50 \
        port=3121 \
        reconnect_interval=60s \
        op monitor interval=30s timeout=30s \
        meta priority=2 \
        --force
    # containers of box
    in_cib resource bundle create box \
        container docker image=localhost/box:1 replicas=2 replicas-per-host=1 network=host run-command=/usr/sbin/pacemaker_remoted options=--log-driver=journald \
        network ip-range-start=10.10.16.200 host-interface=eth0 host-netmask=24 control-port=3123 \
        port-map id=box-port port=8090 internal-port=80 \
        port-map id=box-range range=9000-9010 \
        storage-map id=box-data source-dir=/srv/box target-dir=/data options=rw \
        storage-map id=box-logs source-dir-root=/var/log/box target-dir=/var/log \
        meta priority=3
    # where the database lives
    in_cib resource create store ocf:heartbeat:Filesystem \
        device=/dev/vg/data \
        directory=/srv/data \
        fstype=xfs \
        op start timeout=60s \
        op stop timeout=60s \
        op monitor interval=20s timeout=40s on-fail=restart OCF_CHECK_LEVEL=10
    # base, looked after by ocf:pacemaker:Dummy
    in_cib resource create base ocf:pacemaker:Dummy \
        'fake=two words' \
        op monitor interval=10s timeout=20s \
        meta priority=10 requires=quorum resource-stickiness=200 target-role=Started
    in_cib resource utilization base \
        cpu=2 \
        memory=4000
    # queue, looked after by ocf:pacemaker:Stateful
    in_cib resource create queue ocf:pacemaker:Stateful \
        op monitor interval=10s timeout=20s role=Master \
        op monitor interval=11s timeout=20s role=Slave start-delay=5s enabled=true \
        op promote timeout=30s record-pending=true \
        --no-default-ops
    # lock, looked after by ocf:pacemaker:Dummy
    in_cib resource create lock ocf:pacemaker:Dummy
    # ping, looked after by ocf:pacemaker:ping
    in_cib resource create ping ocf:pacemaker:ping \
        host_list=10.10.16.1 \
        multiplier=1000 \
        op monitor interval=15s timeout=60s
    # inside, looked after by ocf:pacemaker:Dummy
    in_cib resource create inside ocf:pacemaker:Dummy bundle box
    # machine, looked after by ocf:pacemaker:Dummy
    in_cib resource create machine ocf:pacemaker:Dummy \
        meta remote-node=guest1 remote-addr=10.10.16.60 remote-port=3122 remote-connect-timeout=60s \
        --force
    # spread-out, looked after by ocf:pacemaker:Dummy
    in_cib resource create spread-out ocf:pacemaker:Dummy
    # far, looked after by ocf:pacemaker:Dummy
    in_cib resource create far ocf:pacemaker:Dummy
    # store, then base: together, in this order
    in_cib resource group add database store base
    in_cib resource meta database priority=5
    # lock: together, in this order
    in_cib resource group add helpers lock
    # ping on several nodes
    in_cib resource clone ping meta clone-max=4 clone-node-max=1 globally-unique=false ordered=false
    # queue on several nodes, some of them promoted
    in_cib resource master queue-master queue \
        interleave=true \
        notify=true \
        master-max=1 \
        master-node-max=1
    # helpers on several nodes
    in_cib resource clone helpers meta clone-min=1 interleave=true
    # remote node remote1
    add_node remote1 remote1 remote
    in_cib node attribute remote1 zone=edge
    # a VIP goes only where HAProxy lives, and comes after it
    in_cib constraint order lb-haproxy-clone 'then' vip_management kind=Optional id=order-lb-haproxy-clone-vip_management
    in_cib constraint colocation add vip_management with lb-haproxy-clone score=INFINITY id=colocation-vip_management-lb-haproxy-clone
    # where resources may run
    in_cib constraint location add database-likes-a database a 200
    in_cib constraint location add -- database-shuns-d database d -INFINITY
    in_cib constraint location add -- ping-never-there ping-clone remote1 -INFINITY resource-discovery=never
    in_cib constraint location add dummies-like-b 'regexp%spread-.*' b 50
    in_cib constraint location database rule constraint-id=base-in-rack-1 id=base-in-rack-1-rule score=300 \
        rack eq r1 and '#kind' ne string remote
    in_cib constraint location spread-out rule constraint-id=spread-where-it-pings id=spread-where-it-pings-rule resource-discovery=exclusive score=-INFINITY \
        not_defined pingd or pingd lte integer 0
    in_cib constraint location queue-master rule constraint-id=queue-promoted-by-day id=queue-promoted-by-day-rule role=master score=100 \
        date-spec hours=8-18 weekdays=1-5 and date in_range 2026-01-01T00:00:00Z to 2030-01-01T00:00:00Z
    in_cib constraint location add far-away far remote1 INFINITY
    # what runs together or apart
    in_cib constraint colocation add database with Master queue-master score=500 id=database-with-queue
    in_cib constraint colocation add spread-out with database score=-100 id=spread-apart
    in_cib constraint colocation \
        set spread-out machine sequential=false \
        set vip_management role=Started \
        setoptions score=10 id=all-with-vip
    # what comes first
    in_cib constraint order promote queue-master 'then' start database kind=Mandatory symmetrical=true id=queue-then-database
    in_cib constraint order start ping-clone 'then' start spread-out kind=Optional id=ping-once-first
    in_cib constraint order \
        set machine spread-out sequential=false require-all=false action=start \
        set far \
        setoptions kind=Optional symmetrical=true id=machines-one-by-one
    in_cib constraint order start machine 'then' start far kind=Serialize id=not-both-at-once
    # what the site may run only with a ticket
    in_cib constraint ticket add east-west database loss-policy=stop id=database-needs-ticket
    in_cib constraint ticket add east-west Master queue-master loss-policy=demote id=queue-needs-ticket
    in_cib constraint ticket \
        set spread-out machine role=Started \
        setoptions ticket=east-west loss-policy=freeze id=others-need-ticket
    # what happens, to a file
    in_cib alert create id=to-file \
        path=/usr/share/pacemaker/alerts/alert_file.sh.sample \
        'description=what happens, to a file' \
        options debug_exec_order=false 'note=two words' \
        meta timeout=15s timestamp-format=%H:%M:%S
    in_cib alert recipient add to-file value=/var/log/pacemaker/alerts.log id=to-file-main \
        'description=the log' \
        options kind=full \
        meta timeout=20s
    # /usr/local/bin/alert-mail is told what happens
    in_cib alert create id=to-mail path=/usr/local/bin/alert-mail
    # who may read and change what
    in_cib acl role create watcher \
        'description=may look at everything' \
        read xpath /cib
    in_cib acl role create operator \
        write xpath '//node[@uname='"'"'a'"'"']' \
        deny id database
    in_cib acl user create alice watcher operator
    in_cib acl user create bob watcher
    in_cib acl enable
}

# Asks Pacemaker whether it understands the file $1; nodes and their state do not matter for that.
verify() {
    cp "$1" "$work/verify.xml"
    CIB_file=$work/verify.xml cibadmin --force --delete-all --xpath '/cib/configuration/nodes/* | /cib/status/*'
    local node remote_nodes=(remote1 guest1)
    # Pacemaker would complain of remote nodes that it has never seen; here they were.
    for node in "${remote_nodes[@]}"; do
        CIB_file=$work/verify.xml cibadmin --modify --allow-create --scope status \
            --xml-text "<status><node_state id=\"$node\" uname=\"$node\" remote_node=\"true\"/></status>"
    done
    crm_verify --xml-file "$work/verify.xml" || die "Pacemaker finds fault with the wanted configuration; nothing was changed"
}

# add_node ID NAME TYPE: makes a node known in the file $cib, as Pacemaker does once it has seen it.
add_node() {
    CIB_file=$cib cibadmin --modify --allow-create --scope nodes \
        --xml-text "<nodes><node id=\"$1\" uname=\"$2\" type=\"$3\"/></nodes>"
}

step_cib() {
    local node number=0
    cib=$work/wanted.xml
    cibadmin --empty >"$cib"
    empty "$cib"
    # Attributes and standby belong to nodes, so there have to be some.
    for node in "${nodes[@]}"; do
        add_node "$((++number))" "$node" member
    done
    build
    verify "$cib"
    run cp "$cib" "$1"
    [ "$dry_run" = yes ] || say "cib: the wanted configuration is in $1"
}

# --- push ------------------------------------------------------------------------------------------------------

# Takes out of the file $1 what `push` decides about, before `build` puts in what is wanted. Values that Pacemaker
# itself keeps among the properties stay, and so does maintenance-mode, which a person switches on for an hour.
empty() {
    CIB_file=$1 cibadmin --force --delete-all --xpath '/cib/configuration/*[self::resources or self::constraints
        or self::rsc_defaults or self::op_defaults or self::fencing-topology or self::acls or self::alerts or self::tags]/* |
        /cib/configuration/crm_config//nvpair[not(@name="cluster-infrastructure" or @name="cluster-name"
            or @name="dc-version" or @name="have-watchdog" or @name="last-lrm-refresh" or @name="maintenance-mode"
            or @name="stonith-watchdog-timeout")]'
}

# Puts the properties of the file $cib in the order that they have in the cluster's own file $1. It means nothing, but
# Pacemaker adds its own properties at any time, and the difference would never be empty.
order_properties() {
    local wanted id
    wanted=$(CIB_file=$cib cibadmin --query --scope crm_config)
    property_ids "$cib" >"$work/wanted-properties"
    CIB_file=$cib cibadmin --replace --scope crm_config --xml-text "$(CIB_file=$1 cibadmin --query --scope crm_config)"
    CIB_file=$cib cibadmin --modify --allow-create --scope crm_config --xml-text "$wanted"
    property_ids "$cib" | comm -23 - "$work/wanted-properties" | while read -r id; do
        CIB_file=$cib cibadmin --delete --xpath "/cib/configuration/crm_config//nvpair[@id='$id']"
    done
}

property_ids() {
    CIB_file=$1 cibadmin --query --node-path --xpath '/cib/configuration | /cib/configuration/crm_config//nvpair' |
        sed -n "s/.*\/nvpair\[@id='\(.*\)'\]\$/\1/p" | sort
}

# What the file $1 holds of that, but for single values: kind and id, a line each. What Pacemaker puts into a new cluster
# by itself, "build-resource-defaults", counts as nothing.
objects() {
    CIB_file=$1 cibadmin --query --node-path --xpath '/cib/configuration |
        /cib/configuration/resources//*[self::primitive or self::group or self::clone or self::master or self::bundle
            or self::template] |
        /cib/configuration/*[self::constraints or self::rsc_defaults or self::op_defaults or self::fencing-topology
            or self::acls or self::alerts or self::tags]/*' |
        sed -n "/\/meta_attributes\[@id='build-resource-defaults'\]\$/d; s/.*\/\([^/]*\)\[@id='\([^']*\)'\]\$/\1 \2/p" | sort -u
}

# An operator may have stopped a resource, taken it out of the cluster's hands, or given it a secret that is kept on the
# nodes: that stays, unless the topology says otherwise or no longer has the resource. So does the empty set of attributes
# that is left where it was taken back: it means nothing. It is read from the cluster's own file $1 and written to the file $cib.
keep_what_operators_set() {
    local live=$1 paths path owner kind id attributes set name pair value
    paths=$(CIB_file=$live cibadmin --query --node-path --xpath '/cib/configuration |
        /cib/configuration/resources//meta_attributes/nvpair[@name="target-role" or @name="is-managed"
            or @name="maintenance"] |
        /cib/configuration/resources//meta_attributes[not(*)] |
        /cib/configuration/resources//instance_attributes/nvpair[@value="lrm://"]' | sed -n '/_attributes\[/p')
    while read -r path; do
        # A path ends with PRIMITIVE[@id='ID']/meta_attributes[@id='SET'], or with /nvpair[@id='…'] after that.
        set=${path%/nvpair\[*} owner=${set%/*} owner=${owner##*/} set=${set##*/}
        kind=${owner%%[*} id=${owner#*\'} id=${id%\'*}
        attributes=${set%%[*} set=${set#*\'} set=${set%\'*}
        if [ -z "$path" ] || ! is_in_cib "//$owner"; then
            continue
        elif [ "$path" = "${path%/nvpair\[*}" ]; then
            is_in_cib "//$owner/$attributes" || CIB_file=$cib cibadmin --modify --scope resources \
                --xml-text "<$kind id=\"$id\"><$attributes id=\"$set\"/></$kind>"
            order_as_in "$live" "$kind" "$id" "$attributes"
            continue
        fi
        pair=$(CIB_file=$live cibadmin --query --xpath "$path")
        name=${pair#* name=\"} name=${name%%\"*}
        if ! is_in_cib "//$owner/$attributes/nvpair[@name='$name']"; then
            value=${pair#* value=\"}
            say "push: $name=${value%%\"*} stays on $id, where an operator has set it"
            CIB_file=$cib cibadmin --modify --scope resources \
                --xml-text "<$kind id=\"$id\"><$attributes id=\"$set\">$pair</$attributes></$kind>"
            order_as_in "$live" "$kind" "$id" "$attributes"
        fi
    done <<<"$paths"
}

# pcs puts attributes that an operator sets before all that a resource has. It means nothing, but the difference would
# never be empty: puts what follows them in the file $1 behind them in the file $cib too.
order_as_in() { # FILE KIND ID ATTRIBUTES
    local owner="//$2[@id='$3']" part moved
    for part in instance_attributes operations; do
        if is_in_cib "$owner/$part/following-sibling::$4" && cib=$1 is_in_cib "$owner/$4/following-sibling::$part"; then
            moved=$(CIB_file=$cib cibadmin --query --xpath "$owner/$part")
            CIB_file=$cib cibadmin --delete --xpath "$owner/$part"
            CIB_file=$cib cibadmin --modify --scope resources --xml-text "<$2 id=\"$3\">$moved</$2>"
        fi
    done
}

configuration() { CIB_file=$1 cibadmin --query --scope configuration; }

step_push() {
    local live=$work/live.xml try unknown
    if [ -z "${CIB_file:-}" ]; then
        is_ours
        members_are_wanted
        differences_are_said
    fi
    for try in 1 2 3; do
        [ "$try" = 1 ] || say "push: somebody has changed the configuration meanwhile; starting over"
        fetch_and_build "$live"
        if ! differs "$live" "$cib"; then
            say "push: nothing to change"
            return
        fi
        diff --unified=2 --label running --label wanted <(configuration "$live") <(configuration "$cib") || true
        objects "$live" >"$work/live-objects"
        objects "$cib" >"$work/wanted-objects"
        unknown=$(comm -23 "$work/live-objects" "$work/wanted-objects")
        if [ -n "$unknown" ]; then
            say "The cluster has what the topology does not know:"
            say "    ${unknown//$'\n'/$'\n'    }"
        fi
        if [ "$dry_run" = yes ]; then
            say "push: this is what would change; nothing was changed"
            return
        fi
        [ -z "$unknown" ] || [ "$replace" = yes ] ||
            die "nothing was changed: add these to the topology, or run it with --replace to remove them"
        keep_a_copy "$live"
        # Only the difference is sent; it does not apply if somebody changed the same place in between.
        if pcs cluster cib-push "$cib" diff-against="$live" >"$work/push.log" 2>&1; then
            settle
            say "push: done"
            return
        fi
        cibadmin --query >"$work/now.xml"
        ! cmp --silent <(configuration "$live") <(configuration "$work/now.xml") || break
    done
    cat "$work/push.log" >&2
    die "the cluster did not take the change"
}

# Gets the running configuration into the file $1, and makes the wanted one from it in the file $cib.
fetch_and_build() {
    cib=$work/wanted.xml
    cibadmin --query >"$1" || die "the cluster does not answer here: is it started on this host?"
    cp "$1" "$cib"
    empty "$cib"
    build
    order_properties "$1"
    keep_what_operators_set "$1"
    verify "$cib"
}

differs() {
    local rc=0
    crm_diff --no-version --original "$1" --new "$2" >"$work/difference.xml" || rc=$?
    [ "$rc" -le 1 ] || die "crm_diff failed with $rc"
    [ "$rc" = 1 ]
}

# Keeps the configuration in the file $1 for the day on which somebody wants it back, and the nine before it.
keep_a_copy() {
    local folder=/var/backups/hagen version name file
    # With CIB_file set this is a rehearsal on a file, which is nobody's cluster.
    [ -z "${CIB_file:-}" ] || return 0
    version=$(for name in admin_epoch epoch num_updates; do
        sed -n "s/^<cib.* $name=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1
    done | paste -s -d .)
    file=$folder/$cluster-$version.xml
    (umask 022 && mkdir -p "${folder%/*}")
    mkdir -p "$folder"
    cp "$1" "$file"
    find "$folder" -name "$cluster-*.xml" -printf '%T@ %p\n' | sort -rn | sed '1,10d; s/^[^ ]* //' | while read -r file; do
        rm "$file"
    done
    say "push: the former configuration is kept; this brings it back: pcs cluster cib-push $file --config"
}

# Waits until what was pushed is carried out. In a rehearsal nothing ever starts.
settle() {
    [ -z "${CIB_file:-}" ] || return 0
    crm_resource --wait --timeout=120s || die "the cluster took the change and has not settled after two minutes: see 'pcs status'"
}

# --- the command line ------------------------------------------------------------------------------------------

wrong_usage() {
    usage >&2
    exit 2
}

steps=()
for word in "$@"; do
    case $word in
        --dry-run) dry_run=yes ;;
        --replace) replace=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*) wrong_usage ;;
        *) steps+=("$word") ;;
    esac
done

set -- ${steps[@]+"${steps[@]}"}
case "$replace ${1:-}" in
    no* | "yes push" | "yes all") ;;
    *) wrong_usage ;;
esac
case "$# ${1:-}" in
    "1 auth") step_auth ;;
    "1 setup") step_setup ;;
    "2 cib") step_cib "$2" ;;
    "1 push") step_push ;;
    "1 all")
        step_auth
        step_setup
        if [ "$dry_run" = yes ] && ! has_cluster; then
            say "would then push the whole configuration: 'pcs.sh cib FILE' shows it"
        else
            step_push
        fi
        ;;
    "2 join") step_join "$2" ;;
    "2 leave") step_leave "$2" ;;
    "1 corosync") step_corosync ;;
    "1 sbd-disks") step_sbd_disks ;;
    *) wrong_usage ;;
esac
