# The step of action.yml: runs one command, writes outputs, the summary of the job and a SARIF file.
# The inputs come through the environment and never become shell text.
set -uo pipefail
export CF525_DEFAULTS=none # the working directory is a checkout, maybe a stranger's

case "$COMMAND" in
  verify | lint | diagnose) ;;
  *) echo "::error::cf525: the command is verify, lint or diagnose, not '$COMMAND'"; exit 2 ;;
esac
[ -n "${CLOUDFLARE_API_TOKEN:-}" ] || unset CLOUDFLARE_API_TOKEN

arguments=()
while IFS= read -r line; do
  [ -z "$line" ] || arguments+=("$line")
done <<<"$ARGUMENTS"

report="$RUNNER_TEMP/cf525.json"
cf525 "$COMMAND" "${arguments[@]}" --quiet --force -o "$report"
status=$?

# The working directory is a checkout, maybe a stranger's: nothing is imported from it (-I), and what reads
# a report gets no token.
ask() { env -u CLOUDFLARE_API_TOKEN python -I -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2]) or "")' "$report" "$1" 2>/dev/null || true; }
{
  echo "exit-status=$status"
  echo "status=$(ask edge_status)"
  echo "cause=$(ask headline)"
  echo "report=$report"
} >>"$GITHUB_OUTPUT"

if [ "$COMMAND" != diagnose ]; then  # a second look costs the origin nothing
  cf525 "$COMMAND" "${arguments[@]}" --quiet --format markdown >>"$GITHUB_STEP_SUMMARY" || true
else
  { echo '```'; { echo "$(ask edge_status) $(ask headline)"; ask summary; } | tr -d '`'; echo '```'; } >>"$GITHUB_STEP_SUMMARY"
fi
if [ "$COMMAND" = lint ]; then
  cf525 lint "${arguments[@]}" --quiet --force --format sarif -o "$RUNNER_TEMP/cf525.sarif" || true
fi

case "$FAIL_ON:$status" in
  never:[013]) exit 0 ;;
  broken:3) echo "::warning::cf525 cannot tell"; exit 0 ;;
  *) exit "$status" ;;
esac
