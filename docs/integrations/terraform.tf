# A check that warns at every plan and apply where the edge fails, or would fail, for a host.
# The exit status of cf525 says it too, and would end the data source: it is kept for what is no answer.
data "external" "cf525" {
  program = [
    "sh", "-c",
    "host=$(jq -r .host) && { cf525 diagnose \"$host\" --quiet --format tf-external || case $? in 1|3) ;; *) exit 1 ;; esac; }",
  ]
  query = { host = "www.example.com" }
}

check "origin_tls" {
  assert {
    condition     = data.external.cf525.result.fails != "true"
    error_message = "${data.external.cf525.result.status}: ${data.external.cf525.result.title}. cf525 diagnose ${data.external.cf525.result.host}"
  }
}
