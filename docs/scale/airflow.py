"""The two stages as tasks of Airflow: one with the token, eight mapped ones without it, one that
joins. The token is a variable of the read task's environment alone."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

SHARES = 8
READ = "cf525 audit read --quiet --force -o /audit/plans"
PROBE = (
    "kept=/audit/results-$NUMBER.ndjson; "
    "resume=$(test -s $kept && echo --resume || true); "
    f'cf525 audit probe /audit/plans --shard "$NUMBER/{SHARES}" --quiet $resume '
    "--checkpoint $kept --fail-on never --format json --force -o /audit/share-$NUMBER.json"
)
MERGE = (
    "cf525 audit merge /audit/results-*.ndjson --fail-on never --format html --force "
    "-o /audit/audit.html"
)

with DAG("cf525_audit", schedule="17 3 * * 1", start_date=datetime(2026, 1, 1), catchup=False):  # noqa: DTZ001
    read = BashOperator(
        task_id="read",
        bash_command=f"rm -f /audit/results-*.ndjson; {READ}",
        env={"CLOUDFLARE_API_TOKEN": "{{ var.value.cloudflare_token }}"},
        append_env=True,
    )
    probe = BashOperator.partial(task_id="probe", bash_command=PROBE, retries=8).expand(
        env=[{"NUMBER": str(number), "PATH": "/usr/bin:/bin"} for number in range(1, SHARES + 1)]
    )
    merge = BashOperator(task_id="merge", bash_command=MERGE)
    read >> probe >> merge
