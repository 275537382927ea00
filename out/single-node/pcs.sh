#!/usr/bin/env bash
# Cluster laptop of one
# on Debian 12 (bookworm), pcs 0.11.5
# Made by hagen. Do not edit: change the topology and build again.
#
#   pcs.sh auth        let pcs on this host give commands to pcsd on every node
#   pcs.sh setup       make the cluster, start it, enable it at boot
#   pcs.sh cib FILE    write the complete wanted configuration to FILE; no cluster is touched
#   pcs.sh push        bring the running cluster to what is wanted, changing only what differs
#   pcs.sh all         auth, setup and push
#
#   --dry-run          with any step but cib: show what would be done and change nothing
#
# Run it as root on one of the nodes. It can be run again at any time: a second run changes nothing, a run after an
# edit of the topology changes only what was edited. `push` decides about properties, resources, constraints and
# resource defaults: what the topology does not say of these is removed. Everything else in the CIB (nodes and their
# standby, ACLs, alerts, tags) is left as it is.
#
# The password of hacluster is read from the environment variable HACLUSTER_PASSWORD
# and goes to pcs on its standard input; it is never an argument.

set -euo pipefail
export LC_ALL=C

cluster=laptop
nodes=(one)
# What Corosync is to have: a line for each node, sorted, and the quorum device with its algorithm.
wanted_members="\
one 192.0.2.11"
wanted_device=""
corosync_conf=/etc/corosync/corosync.conf
dry_run=no

say() { printf '%s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

usage() { sed -n '/^#   pcs.sh auth/,/^#   --dry-run/s/^# \{0,1\}//p' "$0"; }

# Runs a command, or with --dry-run only says which.
run() {
    if [ "$dry_run" = yes ]; then
        say "would run: $*"
    else
        "$@"
    fi
}

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
    if seen=$(pcs status pcsd "${nodes[@]}" 2>&1); then
        say "auth: every node knows this host already"
        return
    fi
    if [ "$dry_run" = yes ]; then
        say "would authenticate to ${nodes[*]}"
        return
    fi
    password >/dev/null
    hosts_auth < <(password) || die "authentication failed: is the password right, and does pcsd run on every node?" \
        "Before it, pcs said: ${seen//$'\n'/, }"
}

hosts_auth() {
    pcs host auth \
        one addr=192.0.2.11 \
        -u hacluster
}

# --- setup -----------------------------------------------------------------------------------------------------

step_setup() {
    if [ -e "$corosync_conf" ]; then
        is_ours
        say "setup: cluster $cluster exists already"
    else
        run pcs cluster setup laptop \
            one addr=192.0.2.11
    fi
    # A set-up that was cut short is taken up here; where the cluster runs, this changes nothing.
    cibadmin --query >/dev/null 2>&1 || run pcs cluster start --all --wait=120
    systemctl is-enabled --quiet corosync.service pacemaker.service || run pcs cluster enable --all
    device_is_wanted
}

# Ends the script if Corosync's configuration on this host is that of another cluster, or of other nodes.
is_ours() {
    local name seen
    name=$(sed -n 's/^[[:space:]]*cluster_name:[[:space:]]*//p' "$corosync_conf" | head -n 1)
    if [ "$name" = debian ] && [ "$cluster" != debian ]; then
        die "this host still runs the one-node cluster '$name' that its packages start:" \
            "run 'pcs cluster destroy' on every node first (its cloud-init file does that)"
    fi
    [ "$name" = "$cluster" ] || die "this host belongs to another cluster, '$name'; it is left alone"
    seen=$(members)
    [ "$seen" = "$wanted_members" ] || die "the nodes of cluster $cluster and their addresses are not those of the topology." \
        "Corosync has: ${seen//$'\n'/, }. The topology has: ${wanted_members//$'\n'/, }." \
        "Bring them together first: pcs cluster node add, pcs cluster node remove, pcs cluster link update"
}

# A line for each node in Corosync's configuration, sorted: its name and its addresses, link by link.
members() {
    awk '/^[[:space:]]*node[[:space:]]*\{/ { name = addresses = "" }
        /^[[:space:]]*ring[0-9]+_addr:/ { addresses = addresses " " $2 }
        /^[[:space:]]*name:/ { name = $2 }
        /^[[:space:]]*\}/ { if (name != "" && addresses != "") print name addresses; name = addresses = "" }' \
        "$corosync_conf" | sort
}

# Adds the quorum device that the topology has; one that differs is left to the operator.
device_is_wanted() {
    local seen=
    [ ! -e "$corosync_conf" ] || seen=$(awk '/^[[:space:]]*device[[:space:]]*\{/ { inside = 1 }
        inside && $1 == "host:" { host = $2 }
        inside && $1 == "algorithm:" { algorithm = $2 }
        END { if (inside) print host " " algorithm }' "$corosync_conf")
    [ "$seen" != "$wanted_device" ] || return 0
    [ -z "$seen" ] || die "the quorum device is '$seen' and should be '${wanted_device:-none}': run" \
        "'pcs quorum device remove' first, and then this again"
}

# --- cib -------------------------------------------------------------------------------------------------------

# Gives one command to pcs for the file $cib; its words are shown only if it fails.
in_cib() {
    pcs -f "$cib" "$@" >"$work/pcs.log" 2>&1 || {
        cat "$work/pcs.log" >&2
        die "pcs did not accept: $*"
    }
}

# Adds everything that is wanted to the file $cib.
build() {
    # how the cluster behaves as a whole
    in_cib property set \
        stonith-enabled=false \
        no-quorum-policy=stop
    # the address 192.0.2.100, on one node at a time
    in_cib resource create vip_web ocf:heartbeat:IPaddr2 \
        ip=192.0.2.100 cidr_netmask=24 \
        op monitor interval=10s timeout=20s
    # HAProxy, looked after by the cluster and not by systemd alone
    in_cib resource create lb-haproxy systemd:haproxy \
        op monitor interval=10s timeout=30s
    in_cib resource clone lb-haproxy meta interleave=true
    # a VIP goes only where HAProxy lives, and comes after it
    in_cib constraint order lb-haproxy-clone 'then' vip_web kind=Optional id=order-lb-haproxy-clone-vip_web
    in_cib constraint colocation add vip_web with lb-haproxy-clone score=INFINITY id=colocation-vip_web-lb-haproxy-clone
}

# Asks Pacemaker whether it understands the file $1; nodes and their state do not matter for that.
verify() {
    cp "$1" "$work/verify.xml"
    CIB_file=$work/verify.xml cibadmin --force --delete-all --xpath '/cib/configuration/nodes/* | /cib/status/*'
    crm_verify --xml-file "$work/verify.xml" || die "Pacemaker finds fault with the wanted configuration; nothing was changed"
}

step_cib() {
    [ "$dry_run" = no ] || die "cib touches no cluster: it takes no --dry-run"
    cib=$work/wanted.xml
    cibadmin --empty >"$cib"
    build
    verify "$cib"
    cp "$cib" "$1"
    say "cib: the wanted configuration is in $1"
}

# --- push ------------------------------------------------------------------------------------------------------

# What `push` decides about, and so takes out before `build` puts in what is wanted. Values that Pacemaker itself
# keeps among the properties stay.
managed='/cib/configuration/resources/* | /cib/configuration/constraints/* | /cib/configuration/rsc_defaults |
    /cib/configuration/crm_config//nvpair[not(@name="cluster-infrastructure" or @name="cluster-name"
        or @name="dc-version" or @name="have-watchdog" or @name="last-lrm-refresh" or @name="maintenance-mode"
        or @name="stonith-watchdog-timeout")]'

configuration() { CIB_file=$1 cibadmin --query --scope configuration; }

step_push() {
    local live=$work/live.xml rc=0
    cib=$work/wanted.xml
    cibadmin --query >"$live" || die "the cluster does not answer here: is it started on this host?"
    cp "$live" "$cib"
    CIB_file=$cib cibadmin --force --delete-all --xpath "$managed"
    build
    verify "$cib"

    crm_diff --no-version --original "$live" --new "$cib" >"$work/difference.xml" || rc=$?
    case $rc in
        0)
            say "push: nothing to change"
            return
            ;;
        1) ;;
        *) die "crm_diff failed with $rc" ;;
    esac
    diff --unified=2 --label running --label wanted <(configuration "$live") <(configuration "$cib") || true
    if [ "$dry_run" = yes ]; then
        say "push: this is what would change; nothing was changed"
        return
    fi
    # Only the difference is sent; it does not apply if somebody changed the same place in between.
    pcs cluster cib-push "$cib" diff-against="$live" || die "the change was not taken; run it again"
    say "push: done"
    # With CIB_file set this is a rehearsal on a file, in which nothing ever starts.
    if [ -z "${CIB_file:-}" ]; then
        crm_resource --wait --timeout=120s || die "the cluster has not settled after two minutes: see 'pcs status'"
    fi
}

# --- the command line ------------------------------------------------------------------------------------------

steps=()
for word in "$@"; do
    case $word in
        --dry-run) dry_run=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*)
            usage >&2
            exit 2
            ;;
        *) steps+=("$word") ;;
    esac
done

set -- ${steps[@]+"${steps[@]}"}
case "$# ${1:-}" in
    "1 auth") step_auth ;;
    "1 setup") step_setup ;;
    "2 cib") step_cib "$2" ;;
    "1 push") step_push ;;
    "1 all")
        step_auth
        step_setup
        if [ "$dry_run" = yes ] && [ ! -e "$corosync_conf" ]; then
            say "would then push the whole configuration: 'pcs.sh cib FILE' shows it"
        else
            step_push
        fi
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac
