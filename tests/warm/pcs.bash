# Read by bash before it runs a script (BASH_ENV): `pcs` is then a function that hands its words to `serve.py`, through
# the two open files whose numbers are in PCS_ASK and PCS_ANSWER.
pcs() {
  local code said
  printf '%s\0' "$#" "$@" >&"$PCS_ASK"
  IFS= read -r -d '' code <&"$PCS_ANSWER"
  IFS= read -r -d '' said <&"$PCS_ANSWER" || true
  printf '%s' "$said" >&2
  return "$code"
}
