#!/usr/bin/env bash
# Cluster openstack-two-networks of controller1 controller2 controller3
# on Enterprise Linux 9 (AlmaLinux, Rocky Linux, CentOS Stream), pcs 0.11.9
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

set -euo pipefail
export LC_ALL=C

cluster=openstack-two-networks
nodes=(controller1 controller2 controller3)
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
    if seen=$(pcs status pcsd "${nodes[@]}" 2>&1); then
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
    pcs host auth \
        controller1 addr=10.10.16.55 \
        controller2 addr=10.10.16.56 \
        controller3 addr=10.10.16.58 \
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
        run pcs cluster start --all --wait=120
    fi
    # Asked one by one: of several units, systemctl is content with one.
    { systemctl is-enabled --quiet corosync.service && systemctl is-enabled --quiet pacemaker.service; } ||
        run pcs cluster enable --all
    differences_are_said
}

make_cluster() {
    run pcs cluster setup openstack-two-networks \
        controller1 addr=10.10.16.55 addr=203.0.113.55 \
        controller2 addr=10.10.16.56 addr=203.0.113.56 \
        controller3 addr=10.10.16.58 addr=203.0.113.58 \
        transport knet \
        crypto cipher=aes256 hash=sha256
}

# What turns SBD on everywhere, or off if the topology has none; it takes effect when the cluster starts.
sbd_command=(
    pcs stonith sbd disable
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

# --- corosync --------------------------------------------------------------------------------------------------

# What Corosync and SBD are to be told, an option a line. Everything else is left to their own defaults.
wanted() {
    cat <<'END'
node.controller1.ring0_addr 10.10.16.55
node.controller1.ring1_addr 203.0.113.55
node.controller2.ring0_addr 10.10.16.56
node.controller2.ring1_addr 203.0.113.56
node.controller3.ring0_addr 10.10.16.58
node.controller3.ring1_addr 203.0.113.58
totem.transport knet
totem.crypto_cipher aes256
totem.crypto_hash sha256
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
^totem\.interface\.[0-7]\.(knet_[a-z_]+|mcastaddr|mcastport|ttl) .
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

# Whether the whole cluster has to be down while the option $1 is changed from $2 to $3; pcs says so of these.
must_stop() {
    local link
    case $1 in
        node.*) [ "$2" != "not set" ] && [ "$3" != "not set" ] ;;
        totem.interface.*)
            link=${1#totem.interface.}
            has_link "${link%%.*}" "$work/options" && has_link "${link%%.*}" "$work/wanted-options"
            ;;
        totem.transport | totem.ip_version | totem.netmtu | sbd.*) true ;;
        quorum.device.*) device_is_remade && device_must_stop ;;
        quorum.*) true ;;
        *) false ;;
    esac
}

has_link() { grep -q "^node\..*\.ring$1_addr " "$2"; }

# Whether the quorum device comes, goes, or has another host, which needs certificates of its own.
device_is_remade() { grep -Eq $'^quorum\\.device\\.(model|net\\.host)\t' "$work/differences"; }

step_corosync() {
    local key is want link name line words=() now=() before=() later=() after=() moved='' device=no sbd=no
    local transport=() compression=() crypto=() totem=() quorum=()
    local -A addresses=() settings=()
    is_ours
    members_are_wanted
    find_differences
    if [ ! -s "$work/differences" ]; then
        say "corosync: nothing to change"
        return
    fi
    while IFS=$'\t' read -r key is want; do
        say "corosync: $key is $is and should be $want"
        [ "$want" != "not set" ] || want=
        case $key in
            totem.transport)
                die "pcs has no command that changes the transport: run 'pcs cluster stop --all', change $corosync_conf here," \
                    "then run 'pcs cluster sync' and 'pcs cluster start --all'"
                ;;
            totem.ip_version | totem.netmtu) later+=("pcs cluster config update transport ${key#totem.}=$want") ;;
            totem.link_mode | totem.knet_pmtud_interval) transport+=("${key#totem.}=$want") ;;
            totem.knet_compression_*) compression+=("${key#totem.knet_compression_}=$want") ;;
            totem.crypto_*) crypto+=("${key#totem.crypto_}=$want") ;;
            totem.interface.*)
                link=${key#totem.interface.} link=${link%%.*} name=${key##*.}
                settings[$link]+=" ${name#knet_}=$want"
                ;;
            totem.*) totem+=("${key#totem.}=$want") ;;
            node.*)
                link=${key##*.ring} link=${link%_addr} name=${key#node.} name=${name%.ring*}
                addresses[$link]+=" $name=$want"
                ;;
            quorum.device.*) device=yes ;;
            quorum.*) quorum+=("${key#quorum.}=$want") ;;
            sbd.*) sbd=yes ;;
        esac
    done <"$work/differences"

    words=(${transport[@]+transport "${transport[@]}"} ${compression[@]+compression "${compression[@]}"}
        ${crypto[@]+crypto "${crypto[@]}"} ${totem[@]+totem "${totem[@]}"})
    [ -z "${words[*]-}" ] || now+=("pcs cluster config update ${words[*]}")
    for link in 0 1 2 3 4 5 6 7; do
        [ -n "${addresses[$link]-}${settings[$link]-}" ] || continue
        read -ra words <<<"${settings[$link]+options}${settings[$link]-}"
        if ! has_link "$link" "$work/wanted-options"; then
            now+=("pcs cluster link remove $link")
        elif ! has_link "$link" "$work/options"; then
            now+=("pcs cluster link add${addresses[$link]-} options linknumber=$link ${words[*]:1}")
        else
            later+=("pcs cluster link update $link${addresses[$link]-}${settings[$link]+ options}${settings[$link]-}")
            moved+=${addresses[$link]-}
            [[ -z ${addresses[$link]-} && ${settings[$link]-} != *mcastport=* ]] ||
                after=("# then put the files of this build on every node: the firewall has to know the new addresses and ports")
        fi
    done
    # pcs asks a node at the address that it was told last.
    [ -z "$moved" ] ||
        before=("# then change on the hosts:$moved; and go on from a node that keeps its addresses" "$0 auth")
    # SBD first: what pcs does to the tie breaker when a device comes or goes depends on it.
    [ "$sbd" = no ] || later+=("${sbd_command[*]}")
    if [ "$device" = yes ] && ! device_is_remade; then
        device=update
    elif [ "$device" = yes ] && device_must_stop; then
        device=later
        ! grep -q '^quorum\.device\.' "$work/options" || later+=("pcs quorum device remove")
    fi
    [ -z "${quorum[*]-}" ] || later+=("pcs quorum update ${quorum[*]}")

    # What has to wait is said before anything is changed, so that it is known whatever happens.
    if [ -n "${later[*]-}" ]; then
        say "This has to wait for a moment in which the whole cluster, and all that it runs, can be down:"
        printf '    %s\n' "pcs cluster stop --all" ${before[@]+"${before[@]}"} "${later[@]}" ${after[@]+"${after[@]}"} \
            "pcs cluster start --all --wait=120"
    fi
    for line in ${now[@]+"${now[@]}"}; do
        read -ra words <<<"$line"
        run "${words[@]}"
    done
    if [ "$device" = yes ]; then
        ! grep -q '^quorum\.device\.' "$work/options" || run pcs quorum device remove
    fi
    [ -z "${later[*]-}" ] || die "not everything is changed: what has to wait is said above"
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
    if ! pcs status pcsd "$node" >/dev/null 2>&1; then
        if [ "$dry_run" = yes ]; then
            say "would authenticate to $node"
        else
            password >/dev/null
            pcs host auth "$node" "${words[1]}" -u hacluster < <(password) | without_prompt
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
    wanted | awk -v node="$1" 'BEGIN { print node } index($1, "node." node ".ring") == 1 { print "addr=" $2 }'
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
    pcs -f "$cib" "$@" >"$work/pcs.log" 2>&1 || {
        cat "$work/pcs.log" >&2
        die "pcs did not accept: $*"
    }
}

is_in_cib() { CIB_file=$cib cibadmin --query --xpath "$1" >/dev/null 2>&1; }

# Adds everything that is wanted to the file $cib.
build() {
    # how the cluster behaves as a whole
    in_cib property set \
        stonith-enabled=true \
        no-quorum-policy=stop \
        cluster-recheck-interval=5min \
        stonith-timeout=60s
    # what holds for every resource that does not say otherwise
    in_cib resource defaults update \
        migration-threshold=3 \
        resource-stickiness=100
    # can stop controller1
    in_cib stonith create bmc-controller1 fence_ipmilan \
        ip=10.10.20.55 \
        username=admin \
        lanplus=true \
        pcmk_host_list=controller1 \
        'password_script=cat /etc/hagen/bmc-controller1' \
        op monitor interval=60s
    in_cib constraint location bmc-controller1 avoids controller1=INFINITY
    # can stop controller2
    in_cib stonith create bmc-controller2 fence_ipmilan \
        ip=10.10.20.56 \
        username=admin \
        lanplus=true \
        pcmk_host_list=controller2 \
        'password_script=cat /etc/hagen/bmc-controller2' \
        op monitor interval=60s
    in_cib constraint location bmc-controller2 avoids controller2=INFINITY
    # can stop controller3
    in_cib stonith create bmc-controller3 fence_ipmilan \
        ip=10.10.20.58 \
        username=admin \
        lanplus=true \
        pcmk_host_list=controller3 \
        'password_script=cat /etc/hagen/bmc-controller3' \
        op monitor interval=60s
    in_cib constraint location bmc-controller3 avoids controller3=INFINITY
    # the address 10.10.16.224, on one node at a time
    in_cib resource create vip_management ocf:heartbeat:IPaddr2 \
        ip=10.10.16.224 cidr_netmask=24 \
        nic=ens1f0 \
        op monitor interval=10s timeout=20s
    # the address 203.0.113.224, on one node at a time
    in_cib resource create vip_public ocf:heartbeat:IPaddr2 \
        ip=203.0.113.224 cidr_netmask=24 \
        nic=ens2f0 \
        op monitor interval=10s timeout=20s
    # HAProxy, looked after by the cluster and not by systemd alone
    in_cib resource create lb-haproxy systemd:haproxy op monitor interval=10s timeout=30s
    in_cib resource clone lb-haproxy meta interleave=true
    # a VIP goes only where HAProxy lives, and comes after it
    in_cib constraint order lb-haproxy-clone 'then' vip_management kind=Optional id=order-lb-haproxy-clone-vip_management
    in_cib constraint order lb-haproxy-clone 'then' vip_public kind=Optional id=order-lb-haproxy-clone-vip_public
    in_cib constraint colocation add vip_management with lb-haproxy-clone score=INFINITY id=colocation-vip_management-lb-haproxy-clone
    in_cib constraint colocation add vip_public with vip_management score=INFINITY id=colocation-vip_public-vip_management
}

# Asks Pacemaker whether it understands the file $1; nodes and their state do not matter for that.
verify() {
    cp "$1" "$work/verify.xml"
    CIB_file=$work/verify.xml cibadmin --force --delete-all --xpath '/cib/configuration/nodes/* | /cib/status/*'
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
    *) wrong_usage ;;
esac
