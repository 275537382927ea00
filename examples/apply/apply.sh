#!/usr/bin/env bash
# apply.sh OUT NODE: puts the files that OUT/manifest.json has for NODE where they belong, and reloads what they change.
# All of them have the digests of the manifest and pass their checks on the node, or none is replaced.
# SSH runs a command as root on the node: 'ssh root@NODE' if not set, SSH='ssh me@NODE sudo', and on the node SSH=sudo.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,4s/^# //p' "$0" >&2 && exit 2; }
read -ra ssh <<<"${SSH:-ssh root@$2}"

quietly() { seen=$("$@" 2>&1 </dev/null) || { printf '%s\n' "$seen" "failed: $*" >&2 && exit 1; }; }
members() { # WORD...: of this build: a member that it does not know would be shut out by these files, and fenced
    there=$(awk '{ gsub(/[ \t\r]/, "") } sub(/^(cluster_name|name|ring[0-7]_addr):/, "")' /etc/corosync/corosync.conf 2>/dev/null || :)
    [ "$there" != $'debian\nnode1\n127.0.0.1' ] || there="" # the cluster of nobody else that Debian's packages start
    gone=$(printf '%s' "$there" | grep -vxF -f <(printf '%s\n' "$@") || :)
    [ -z "$gone" ] || { echo "the cluster there has what this build does not: ${gone//$'\n'/ } (another cluster? a node" \
        "that has to leave first, by 'pcs.sh leave', or to get its new address, by 'pcs.sh corosync'?)" >&2 && exit 1; }
}
state() { stat -c '%a %U:%G' "$1" && sha256sum <"$1"; }
stage() { # PATH MODE OWNER GROUP BASE64 CHECK...: lays the file beside the one that is there, unless they are the same
    staged+=("$1.hagen~") && base64 -d <<<"$5" | install -D -m "$2" -o "$3" -g "$4" /dev/stdin "$1.hagen~"
    if [ "$(state "$1" 2>&1)" = "$(state "$1.hagen~")" ]; then rm "$1.hagen~"; else quietly "${@:6}"; fi
}
# PATH MARK: the mark says that a reload is due until it is done, whatever happens in between.
place() { [ ! -e "$1.hagen~" ] || { : >"$2" && mv "$1.hagen~" "$1" && changed="changed: $1" && echo "$changed"; }; }
# MARK COMMAND...
reload() { [ ! -e "$1" ] || { changed="run: ${*:2}" && echo "$changed" && quietly "${@:2}" && rm "$1"; }; }

plan=$(python3 - "$1" "$2" <<'END'
import base64, hashlib, json, pathlib, shlex, sys
out, node, plan = pathlib.Path(sys.argv[1]), sys.argv[2], []
manifest = json.loads((out / "manifest.json").read_bytes())
files = [each for each in manifest["files"] if node in each.get("nodes", ())]
if manifest["format"] != {"name": "hagen-manifest", "version": 1} or not files:
    sys.exit(f"{out}/manifest.json has nothing for {node}, or a format that this script does not know")
def mark(command): return f"/run/hagen-{hashlib.sha256(repr(command).encode()).hexdigest()}" if command else "/dev/null"
plan.append(["members", manifest["cluster"]])
for each in manifest["members"]: plan[0] += [each["name"], *each["addresses"]]
for each in files:
    data, target = (out / each["path"]).read_bytes(), each["target"]
    if hashlib.sha256(data).hexdigest() != each["sha256"]:
        sys.exit(f"{out}/{each['path']} is not the file that manifest.json lists")
    check = [target["path"] + ".hagen~" if word == "{}" else word for word in each["validate"]] or ["true"]
    words = [target[key] for key in ("path", "mode", "owner", "group")]
    plan.append(["stage", *words, base64.b64encode(data).decode(), *check])
plan += [["place", each["target"]["path"], mark(each["reload"])] for each in files]
plan += [["reload", mark(command), *command] for command in manifest["reloads"]]
print("\n".join(map(shlex.join, plan)))
END
)
# In braces, so that bash begins only when it has read all of it.
printf '%s\n' "$(declare -f)" "{ set -euo pipefail; trap 'rm -f \"\${staged[@]}\"' EXIT" "$plan" \
    "[ -n \"\${changed-}\" ] || echo 'nothing changed'; }" | "${ssh[@]}" bash
