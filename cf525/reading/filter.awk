# Lets a configuration pass, but for what may be a secret; every line stays a line. Runs on the other
# host, in any awk (no intervals, no functions of one of them alone). HIDDEN comes in place of it.
#   - a run of Base64 or hex of 40 characters and more, joined over lines, that is no certificate and
#     no path; the blocks of certificates in PEM pass
#   - the value of what is named as secrets are; a crypted password
function certificate(r) {
  if (r ~ /@PRIVATE@/) return 0
  return r ~ /@CERTIFICATE@/ || r ~ /^MII...CC...gAwIBAg/ || r ~ /^MII...CB..ADAgEC/
}
function mixed(r) { return r ~ /[a-z]/ && r ~ /[A-Z]/ && r ~ /[0-9]/ }
function path(r,   n, parts, i) {
  if (r !~ /\// || r ~ /[+=]/ || length(r) > 255) return 0
  if (r ~ /^\/[A-Za-z]/) return 1
  n = split(r, parts, "/")
  for (i = 1; i <= n; i++) if (length(parts[i]) > 32) return 0
  return !mixed(r)
}
function secret(r, joined,   n, parts, i) {
  if (length(r) < 40 || certificate(r)) return 0
  if (joined) return 1
  if (path(r)) return 0
  if (r !~ /[_-]/ || mixed(r)) return 1
  n = split(r, parts, /[_-]+/)
  for (i = 1; i <= n; i++) if (length(parts[i]) >= 40) return 1
  return 0
}
function runs(s,   done, r) {
  done = ""
  while (match(s, /[A-Za-z0-9+\/=_-]+/)) {
    r = substr(s, RSTART, RLENGTH)
    done = done substr(s, 1, RSTART - 1) (secret(r, 0) ? HIDDEN : r)
    s = substr(s, RSTART + RLENGTH)
  }
  return done s
}
function crypted(s,   done, r) {
  done = ""
  while (match(s, /\$(1|2[abxy]?|5|6|7|y|gy|apr1|argon2[a-z]*|scrypt|sha1|md5)\$[.\/A-Za-z0-9=,$]+/)) {
    r = substr(s, RSTART, RLENGTH)
    done = done substr(s, 1, RSTART - 1) (RLENGTH >= 28 ? HIDDEN : r)
    s = substr(s, RSTART + RLENGTH)
  }
  return done s
}
function telling(name) {
  if (name ~ /(tls|ssl|auth)-secret$/) return 0  # an annotation that names a secret
  return name ~ /[a-z]Key$/ || tolower(name) ~ /(^|[._-])key$|inline_(bytes|string)$|private_?key$|api_?key$|passw(or)?d$|passphrase$|token$|secret$/
}
function kept(name, value) {
  if (value == "" || value ~ /^(\/|\.\.?\/)[A-Za-z0-9.@_\/-]+$/) return 1
  if (value ~ /^[A-Za-z0-9.@_\/-]+\.(pem|key|crt|cer|der|p12|pfx|jks|txt|conf|json|yml|yaml)$/) return 1
  return name ~ /inline_/ && (value ~ /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/ || certificate(value))
}
function named(s,   done, name, value, quote) {
  done = ""
  while (match(s, /[A-Za-z0-9_.-]+["\047]?[ \t]*[:=][ \t]*/)) {
    name = substr(s, RSTART, RLENGTH)
    done = done substr(s, 1, RSTART + RLENGTH - 1)
    s = substr(s, RSTART + RLENGTH)
    sub(/["\047]?[ \t]*[:=][ \t]*$/, "", name)
    if (!telling(name)) continue
    quote = substr(s, 1, 1)
    if (quote == "\"" || quote == "\047") {
      if (s == quote) break  # a certificate follows
      if (!match(s, quote == "\"" ? "^\"([^\"\\\\]|\\\\.)*\"" : "^\047[^\047]*\047")) {
        hard = 1
        return done quote HIDDEN
      }
      value = substr(s, 2, RLENGTH - 2)
      done = done (kept(name, value) ? substr(s, 1, RLENGTH) : quote HIDDEN quote)
      s = substr(s, RLENGTH + 1)
    } else if (s ~ /^[|>]/) {
      match(whole, /^[ \t]*/)
      block = RLENGTH
      softly = name ~ /inline_/
      opened = 0
      return done s
    } else if (s !~ /^[{\[&*!$#]/ && match(s, /^[^] \t,;}"\047<>][^],;}"\047<>]*/)) {
      value = substr(s, 1, RLENGTH)
      s = substr(s, RLENGTH + 1)
      if (kept(name, value)) { done = done value; continue }
      done = done HIDDEN
      if (s == "") hard = 1
    }
  }
  return done s
}
function spoken(s,   done, low, r, n) {
  done = ""
  low = tolower(s)
  while (match(low, /(^|[ \t"\047])(insecure-password|password|passwd|bearer|basic|mac_key)[ \t]+[^ \t;"\047{}]+/)) {
    r = substr(s, RSTART, RLENGTH)
    n = RLENGTH
    done = done substr(s, 1, RSTART - 1)
    s = substr(s, RSTART + n)
    low = substr(low, RSTART + n)
    if (match(r, /[ \t]+[^ \t]+$/) && substr(r, RSTART) !~ /^[ \t]+\// && (tolower(r) !~ /basic/ || n > 14))
      r = substr(r, 1, RSTART) HIDDEN
    done = done r
  }
  return done s
}
function clean(s) { return runs(crypted(spoken(named(s)))) }
# -- lines of Base64 alone, which belong together, and with the end of the line before them
function flush(   i, all, longest) {
  all = tail
  longest = 0
  for (i = 1; i <= count; i++) {
    all = all core[i]
    if (length(core[i]) > longest) longest = length(core[i])
  }
  if (!count) { if (waiting) print head runs(tail); }
  else if (hard || (longest >= 16 && secret(all, 1))) {
    if (waiting) print head (hard ? tail : HIDDEN)
    for (i = 1; i <= count; i++) print before[i] (i == 1 && !waiting ? HIDDEN : "") after[i]
  } else if (longest >= 16 && certificate(all)) {
    if (waiting) print head tail
    for (i = 1; i <= count; i++) print before[i] core[i] after[i]
  } else {
    if (waiting) print head runs(tail)
    for (i = 1; i <= count; i++) print before[i] runs(core[i]) after[i]
  }
  count = waiting = hard = 0
  head = tail = ""
}
function alone(s,   a, b) {
  match(s, /^[ \t"\047]*/)
  a = substr(s, 1, RLENGTH)
  s = substr(s, RLENGTH + 1)
  b = match(s, /[ \t\r"\047,\\]*$/) ? substr(s, RSTART) : ""
  s = substr(s, 1, length(s) - length(b))
  if (s !~ /^[A-Za-z0-9+\/=_-]+$/ || s !~ /[A-Za-z0-9]/) return 0
  count++
  before[count] = a
  core[count] = s
  after[count] = b
  return 1
}
BEGIN { block = -1; head = tail = "" }
{
  whole = $0
  if (block >= 0) {
    match(whole, /^[ \t]*/)
    if (whole ~ /^[ \t\r]*$/) { flush(); print whole; next }
    if (RLENGTH <= block) block = -1
    else if (!opened && softly && whole ~ /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/) block = -1
    else {
      flush()
      print substr(whole, 1, RLENGTH) (opened ? "" : HIDDEN)
      opened = 1
      next
    }
  }
  if (pem && whole !~ /^[A-Za-z0-9+\/= \t\r\\"\047,-]*(-----END .*)?$/) pem = 0
  if (!pem && whole !~ /-----BEGIN / && alone(whole)) next
  flush()
  rest = whole
  for (;;) {
    if (pem) {
      i = index(rest, "-----END ")
      if (!i) { head = head rest; rest = ""; break }
      head = head substr(rest, 1, i + 8)
      rest = substr(rest, i + 9)
      pem = 0
    }
    if (!match(rest, /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/)) break
    i = RSTART
    n = RLENGTH
    head = head clean(substr(rest, 1, i - 1)) substr(rest, i, n)
    rest = substr(rest, i + n)
    pem = 1
  }
  rest = crypted(spoken(named(rest)))
  if (!hard && match(rest, /[A-Za-z0-9+\/=_-]+\\?$/)) {
    i = RSTART
    head = head runs(substr(rest, 1, i - 1))
    tail = substr(rest, i)
  } else if (hard) { head = head runs(rest) }
  else { print head runs(rest); head = ""; next }
  waiting = 1
}
END { flush() }
