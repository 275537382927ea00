#!/usr/bin/env bash
# apply.sh OUT NODE: puts the files that OUT/manifest.json has for NODE where they belong, and reloads what they change.
# All of them have the digests of the manifest and pass their checks on the node, or none is replaced.
# SSH runs a command as root on the node: 'ssh root@NODE' if not set, SSH='ssh me@NODE sudo', and on the node SSH=sudo.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,4s/^# //p' "$0" >&2 && exit 2; }
read -ra ssh <<<"${SSH:-ssh root@$2}"

quietly() { seen=$("$@" 2>&1 </dev/null) || { printf '%s\n' "$seen" "failed: $*" >&2 && exit 1; }; }
state() { stat -c '%a %U:%G' "$1" && sha256sum <"$1"; }
stage() { # PATH MODE OWNER BASE64 CHECK...: lays the file beside the one that is there, unless they are the same
    mkdir -p "${1%/*}"
    (umask 077 && base64 -d <<<"$4" >"$1.hagen~")
    chown "$3" "$1.hagen~"
    chmod "$2" "$1.hagen~"
    if [ "$(state "$1" 2>&1)" = "$(state "$1.hagen~")" ]; then rm "$1.hagen~"; else quietly "${@:5}"; fi
}
place() { # PATH MARK: the mark says that a reload is due until it is done, whatever happens in between
    if [ -e "$1.hagen~" ]; then : >"$2" && mv "$1.hagen~" "$1" && changed="changed: $1" && echo "$changed"; fi
}
reload() { if [ -e "$1" ]; then changed="run: ${*:2}" && echo "$changed" && quietly "${@:2}" && rm "$1"; fi; } # MARK COMMAND...
finish() { [ -n "${changed-}" ] || echo "nothing changed"; }

plan=$(python3 - "$1" "$2" <<'END'
import base64, hashlib, json, pathlib, shlex, sys
out, node = pathlib.Path(sys.argv[1]), sys.argv[2]
manifest = json.loads((out / "manifest.json").read_bytes())
files = [each for each in manifest["files"] if node in each.get("nodes", ())]
if manifest["format"] != {"name": "hagen-manifest", "version": 1} or not files:
    sys.exit(f"{out}/manifest.json has nothing for {node}, or a format that this script does not know")
new = {each["path"]: each["target"]["path"] + ".hagen~" for each in files}
def mark(command):
    return f"/run/hagen-{hashlib.sha256(repr(command).encode()).hexdigest()}" if command else "/dev/null"
plan = [["trap", shlex.join(["rm", "-f", *new.values()]), "EXIT"]]
for target, each in ((each["target"], each) for each in files):
    data = (out / each["path"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != each["sha256"]:
        sys.exit(f"{out}/{each['path']} is not the file that manifest.json lists")
    check = [new[each["path"]] if word == "{}" else word for word in each["validate"]] or ["true"]
    owner = f"{target['owner']}:{target['group']}"
    plan += [["stage", target["path"], target["mode"], owner, base64.b64encode(data).decode(), *check]]
plan += [["place", each["target"]["path"], mark(each["reload"])] for each in files]
plan += [["reload", mark(command), *command] for command in manifest["reloads"]]
print("\n".join(map(shlex.join, plan)))
END
)
# In braces, so that bash begins only when it has read all of it.
printf '%s\n' "$(declare -f quietly state stage place reload finish)" '{ set -euo pipefail' "$plan" finish '}' |
    "${ssh[@]}" bash
