# Lets a configuration pass, but for what may be a secret; every line stays a line. Runs on the other
# host, in any awk (no intervals, no functions of one of them alone). HIDDEN comes in place of it.
#   - a run of Base64 or hex of 40 characters and more, joined over lines, that is no certificate and
#     no path; the blocks of certificates in PEM pass
#   - the value of what is named as secrets are; a crypted password
# What stands between @ is put in: the names from servers/telling.py, the one list of them.
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
# -- what is named as a secret: by a mark (: = =>), which one value follows, or by a blank, which the
# -- other words of a statement follow
function telling(name,   low) {
  low = tolower(name)
  if (low ~ /@HARMLESS@/) return 0
  if (low ~ /@TELLING@/) return 1
  return name ~ /@IN_CAPITALS@/
}
function marked(name) {
  if (tolower(name) ~ /(tls|ssl|ca|auth)-secret$/) return 0
  if (name ~ /[a-z]Key$/ || tolower(name) ~ /(^|[._-])(key|pass)$|inline_(bytes|string)$|private_?key$/) return 1
  if (expect && tolower(name) ~ /^(raw_|string|default)?_?value$/) return 1
  return telling(name)
}
function spoken(name, before) {
  if (tolower(name) ~ /^(mac_key|secure_link_md5|bearer|basic)$/) return 1
  if (name == "auth") return before ~ /(^|[ \t])stats[ \t]+$/
  if (name ~ /^\$/ && first !~ /^(set|if|secure_link)/) return 0
  if (first ~ /^(server|server_name|listen|bind|include|import|location|upstream|map|geo|split_clients|rewrite|return|log[-_]?format|access_log|error_log|acl|use_backend|use-server|default_backend|backend|frontend|listen|peers|userlist|hash|load_module|LoadModule|ServerName|ServerAlias|Listen|Include|IncludeOptional|LogFormat|CustomLog|Use|<.*|more_clear_headers|(proxy|fastcgi|grpc|uwsgi|scgi)_(pass|hide_header|pass_header|ignore_headers|cache[a-z_]*|no_cache|store)|limit_[a-z_]*|(proxy_|grpc_|uwsgi_)?ssl_[a-z_]*|SSL[A-Za-z]*)$/ && first !~ /<If|<ElseIf/) return 0
  return telling(name)
}
function kept(name, value) {
  if (value == "") return 1
  if (tolower(name) ~ /(key|file|path|dir|cert)$/ && tolower(name) !~ /api[-_]?key$/) {
    if (value ~ /^(\/|\.\.?\/)[A-Za-z0-9.@_\/-]+$/) return 1
    if (value ~ /^[A-Za-z0-9.@_\/-]+\.(pem|key|crt|cer|der|p12|pfx|jks|txt|conf|json|yml|yaml)$/) return 1
  }
  return name ~ /inline_/ && (value ~ /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/ || certificate(value))
}
function plain(word) {  # a word that holds no secret, whatever stands before it
  if (word ~ /^(=|==|!=|~|~\*|!~|!~\*|=~|-[a-z]|str|beg|sub|reg|end|on|off|true|false|yes|no|null|none|always|expr|\\)$/) return 1
  if (word ~ /^\$(http|arg|cookie|upstream|ssl|proxy|remote|sent|jwt|auth)_[a-z0-9_]+$/) return 1
  return word ~ /^(req|res|hdr|path|url|src|ssl|txn|sess|var|env|cook|capture)[a-z_.]*\([A-Za-z0-9_.,-]*\)$/
}
# A quoted text at the head of ``text``, hidden; what is behind it stays in ``text``. One that does
# not end here ends in a later line.
function quoted(name,   q, n, value) {
  q = substr(text, 1, 1)
  if (substr(text, 1, 3) == q q q) {
    n = index(substr(text, 4), q q q)
    if (n) { text = substr(text, n + 6); return q q q HIDDEN q q q }
    opened_by = q q q
    text = ""
    return q q q HIDDEN
  }
  if (!match(text, q == "\"" ? "^\"([^\"\\\\]|\\\\.)*\"" : "^\047[^\047]*\047")) {
    text = ""
    if (comment || glued || tight && first ~ /^[A-Z]/) return q HIDDEN  # those of Apache end with the line
    opened_by = q
    hard = 1
    return q HIDDEN
  }
  n = RLENGTH
  value = substr(text, 2, n - 2)
  q = kept(name, value) ? substr(text, 1, n) : q HIDDEN q
  text = substr(text, n + 1)
  return q
}
# The words of a statement behind a name, hidden one by one; the rest stays in ``text``.
function words(name, how,   done, word, n, last, count) {
  done = ""
  for (count = 1; text != ""; count++) {
    if (match(text, /^[ \t]+/)) { done = done substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1) }
    if (text == "") break
    if (count > 1 && text ~ /^#/ && done ~ /[ \t]$/) break
    if (how != ":") {
      if (text ~ /^[{}]/ && (count > 1 || text ~ /^[{}]([ \t]|$)/)) break
      if (text ~ /^;([ \t}#\r]|$)/ || text ~ /^;(listen|location|server|include|return|[a-z]+_[a-z_]+)[ \t]/) break
      if (text ~ /^(if|unless)[ \t]/) break
    }
    if (inside && substr(text, 1, 1) == inside) break
    if (text ~ /^["\047]/) {
      glued = done ~ /[^ \t]$/
      tight = how == " "
      done = done quoted(name)
      glued = tight = 0
      continue
    }
    if (how == ":" && match(text, /^[^ \t\r]+/) || match(text, /^([^ \t\r;{}"\047\\]|\\.)+/)) n = RLENGTH
    else n = 1
    word = substr(text, 1, n)
    text = substr(text, n + 1)
    if (word == "\r") { done = done word; continue }
    if (word ~ /^[A-Za-z:_-]+=$/ && text ~ /^["\047]/) { done = done word; continue }
    if (word == "\\" && text == "") { due = " "; done = done word; break }
    last = ""
    if (how != ":" && match(word, /[])>,\/]+$/) && RSTART > 1) { last = substr(word, RSTART); word = substr(word, 1, RSTART - 1) }
    if (plain(word) || plain(word last) || word ~ /^[])>]+$/ || kept(name, word last)) done = done word last
    else done = done (done ~ /[^ \t]$/ ? "" : HIDDEN) last
  }
  return done
}
# One value behind a mark, hidden; the rest stays in ``text``.
function single(name, how, flow, json,   done, one, n) {
  done = ""
  while (match(text, /^[!&][^ \t,]*[ \t]+/)) { done = done substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1) }
  if (text ~ /^["\047]\r?$/ && name ~ /inline_/) { one = text; text = ""; return done one }  # a certificate follows
  if (text ~ /^["\047]/) return done quoted(name)
  if (text ~ /^[|>][-+0-9]*[ \t\r]*(#.*)?$/) {
    match(whole, /^[ \t]*/)
    block = RLENGTH
    softly = name ~ /inline_/
    opened = 0
    one = text
    text = ""
    return done one
  }
  if (text ~ /^[ \t\r]*$/ || text ~ /^#/ && how == ":" && text ~ /^# /) {
    if (!comment && telling(name)) { match(whole, /^[ \t]*/); due = how; due_at = RLENGTH }
    return done
  }
  if (match(text, /^[{[][^]:{}[]*[]}]/)) {
    one = substr(text, 2, RLENGTH - 2)
    n = RLENGTH
    if (one ~ /^[ \t]*$/ || !telling(name)) one = substr(text, 1, n)
    else one = substr(text, 1, 1) (one ~ /"/ || json ? "\"" HIDDEN "\"" : HIDDEN) substr(text, n, 1)
    text = substr(text, n + 1)
    return done one
  }
  if (text ~ /^[{[*]/ || text ~ /^[$][{]/) return done
  if (flow || how == "=") {
    if (flow) match(text, /^[^] \t\r,;}"\047<>][^],;}"\047<>]*/)
    else match(text, /^[^ \t\r;"\047<>]+/)
    if (RLENGTH < 1) return done
    one = substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
    if (one ~ /^(true|false|null|~|on|off|yes|no)[ \t]*$/ || kept(name, one)) return done one
    if (text == "") hard = 1
    return done (json ? 0 : HIDDEN)
  }
  one = words(name, how)
  if (!opened_by && !due) hard = 1
  return done one
}
function within(done) {  # whether it ends within a text in double quotes
  gsub(/\\./, "", done)
  return gsub(/"/, "\"", done) % 2 ? "\"" : ""
}
function told(s,   done, name, how, before, flow, json, n, mark) {
  if (tolower(s) !~ (expect ? HINT : HINTS)) return s
  done = ""
  text = s
  while (match(text, /[A-Za-z0-9_.$-]+/)) {
    name = substr(text, RSTART, RLENGTH)
    before = substr(text, 1, RSTART - 1)
    if (before ~ /[;{}][ \t]*$/ || done before ~ /^[ \t]*$/) first = (substr(text, RSTART - 1, 1) == "<" ? "<" : "") name
    if (before ~ /<$/) first = "<" name
    done = done before
    text = substr(text, RSTART + RLENGTH)
    if (tolower(name) !~ HINT) { done = done name; continue }
    if (!match(text, /^["\047\\]*[])}>]*["\047]*([ \t]*(:=|=>|!=|==|=~|!~|=|:)[ \t]*|[ \t]+|,[ \t]*|\r?$)/)) { done = done name; continue }
    mark = substr(text, 1, RLENGTH)
    n = RLENGTH
    if (telling(name) && done ~ /(^|[^A-Za-z])([Nn]ame|[Kk]ey|header|title)["\047]?[ \t]*[:=][ \t]*["\047]?$/) expect = 4
    json = mark ~ /^["\047\\]*"[ \t]*:/
    flow = json || done ~ /[{[(][^{[(]*$/
    if (mark ~ /[:=]/ && done !~ /[\/@]$/ && (json || mark !~ /^:[^ \t]*$/ || first !~ /^(server|listen|bind|server_name|upstream)$/) && (marked(name) || json && done ~ /\\$/)) {
      done = done name mark
      text = substr(text, n + 1)
      how = mark ~ /=/ ? "=" : ":"
      if (tolower(name) ~ /(name|key|header)$/ && match(text, /^["\047]?[A-Za-z0-9_-]+/) && telling(substr(text, 1, RLENGTH))) expect = 4
      inside = within(done)
      if (mark ~ /(!=|==|=~|!~)/ || name ~ /^\$/ && mark ~ /[ \t]=/) { done = done words(name, " "); continue }
      if (mark ~ /[ \t]$/ && how == "=" && !flow) how = "= "
      if (how == ":" && mark !~ /[ \t]$/ && !json && text !~ /^[ \t\r]*$/) { done = done single(name, "=", flow, json); continue }
      done = done single(name, how, flow, json)
      if (tolower(name) ~ /value$/) expect = 0
      continue
    }
    if (mark ~ /^["\047\\]*[])}>]*["\047]*[ \t]+$/ && done !~ /[\/.:*@%]$/ && (name !~ /\./ || mark ~ /^\)/) && spoken(name, done)) {
      if (tolower(name) == "basic" && substr(text, n + 1) !~ /^[A-Za-z0-9+\/=][A-Za-z0-9+\/=][A-Za-z0-9+\/=][A-Za-z0-9+\/=][A-Za-z0-9+\/=][A-Za-z0-9+\/=][A-Za-z0-9+\/=]/) { done = done name; continue }
      done = done name mark
      text = substr(text, n + 1)
      if (mark !~ /"/ && within(done) && match(text, /^[^"]*"/)) {  # within a text in quotes
        done = done HIDDEN
        text = substr(text, RLENGTH)
        continue
      }
      inside = ""
      done = done words(name, " ")
      continue
    }
    if (mark ~ /^\r?$/ && !comment && first ~ /(_set_header|_param|^set|^add_header)$/ && name != first && spoken(name, done)) due = " "
    done = done name
  }
  return done text
}
function urls(s,   done, n) {
  done = ""
  while (match(s, /:\/\/[^ \t"\047\/]*@/)) {
    n = RLENGTH
    done = done substr(s, 1, RSTART + 2) HIDDEN "@"
    s = substr(s, RSTART + n)
  }
  return done s
}
function clean(s) { return runs(urls(crypted(told(s)))) }
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
  if (b ~ /[ \t]\\$/ && telling(s)) return 0
  if (count >= 4000) { large = 1; exit }
  count++
  before[count] = a
  core[count] = s
  after[count] = b
  return 1
}
# A long line is filtered in pieces, cut where one text in quotes ends and another begins; where that
# is nowhere in 64 KB, and beyond the bounds on a block of Base64 and a text in quotes, it does not
# come to its end, which stands in a line of its own.
function piece(   n, there) {
  if (length($0) - at < 2048) return length($0) - at + 1
  there = substr($0, at + 1024, 64512)
  if (match(there, /[^\\]"[]} \t]*,[[{ \t]*"/)) return 1024 + RSTART + RLENGTH - 2
  if (length($0) - at < 65536) return length($0) - at + 1
  large = 1
  exit
}
# What of a line belongs to a value that began in a line before it, hidden; the rest, to be filtered.
function continued(s,   i, before) {
  match(s, /^[ \t]*/)
  before = substr(s, 1, RLENGTH)
  if (opened_by) {
    if (length(opened_by) > 1) i = index(s, opened_by)
    else if (opened_by == "\"") i = match(s, /^([^"\\]|\\.)*"/) ? RLENGTH : 0
    else i = index(s, opened_by)
    if (!i) {
      if (++lines > 100) { large = 1; exit }
      held = before
      return ""
    }
    lines = 0
    held = before opened_by
    i += length(opened_by)
    opened_by = ""
    return substr(s, i)
  }
  if (s ~ /^[ \t\r]*$/) { held = before; return "" }
  if (due == " ") {
    due = ""
    text = s
    held = words("", " ")
    return text
  }
  if (s ~ /^[ \t]*[A-Za-z0-9_."\047-]+[ \t]*:([ \t]|$)/ || s ~ /^[ \t]*- .*:([ \t]|$)/ || (due == ":" && (RLENGTH < due_at || RLENGTH == due_at && s !~ /^[ \t]*- /))) { due = ""; held = ""; return s }
  if (s !~ /^[ \t]*- /) {
    text = substr(s, RLENGTH + 1)
    if (due == ":" && text !~ /^["\047]/) { held = before HIDDEN; return "" }  # and lines after it
    i = due
    due = ""
    held = before single("", i, 0, 0)
    return text
  }
  held = before "- " HIDDEN
  return ""
}
BEGIN {
  block = -1
  head = tail = ""
  HINTS = "pass|pwd|secret|token|key|cred|auth|inline_|bearer|basic|link_md5|u00"
  HINT = HINTS "|value"
}
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
  if (!pem && !opened_by && !due && whole !~ /-----BEGIN / && alone(whole)) next
  if (expect) expect--
  comment = whole ~ /^[ \t]*(#|\/\/)/
  if (!comment && whole ~ /^[ \t]*map[ \t]/) mapping = telling(substr(whole, index(whole, "$") + 1, index(substr(whole, index(whole, "$")) " ", " ") - 2))
  flush()
  ending = ""
  for (at = 1; ; at += size) {
    size = piece()
    rest = substr($0, at, size)
    if (at + size > length($0)) break
    filtered(rest)
  }
  filtered(rest)
  rest = ending
  if (!hard && match(rest, /[A-Za-z0-9+\/=_-]+\\?$/)) {
    i = RSTART
    head = head runs(substr(rest, 1, i - 1))
    tail = substr(rest, i)
  } else if (hard) { head = head runs(rest) }
  else { print head runs(rest); head = ""; next }
  waiting = 1
}
# Puts a piece of a line behind ``head``, but for its last part, ``ending``, of which the runs of
# Base64 are still to be looked at.
function filtered(rest,   i, n) {
  head = head runs(ending)
  ending = ""
  if (at > 1 && length(head) > 4096) { printf "%s", head; head = "" }
  if (!pem && (opened_by || due)) {
    rest = continued(rest)
    head = head held
  }
  for (;;) {
    if (pem) {
      i = index(rest, "-----END ")
      if (!i) { head = head rest; return }
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
  if (mapping) rest = keyed(rest)
  ending = urls(crypted(told(rest)))
}
# In a map of nginx by what is named a secret the values stand first.
function keyed(s,   done, n) {
  done = ""
  if (match(s, /^[ \t]*map[^{]*[{]/)) { done = substr(s, 1, RLENGTH); s = substr(s, RLENGTH + 1) }
  while (match(s, /^[ \t]*("([^"\\]|\\.)*"|\047[^\047]*\047|[^ \t;{}"\047#]+)[ \t]+[^;]*;/)) {
    n = RLENGTH
    if (s !~ /^[ \t]*(default|include|"")[ \t]/) {
      match(s, /^[ \t]*/)
      done = done substr(s, 1, RLENGTH) HIDDEN
      s = substr(s, RLENGTH + 1)
      n -= RLENGTH
      match(s, /^("([^"\\]|\\.)*"|\047[^\047]*\047|[^ \t]+)/)
      s = substr(s, RLENGTH + 1)
      n -= RLENGTH
    }
    done = done substr(s, 1, n)
    s = substr(s, n + 1)
  }
  if (s ~ /[}]/) mapping = 0
  return done s
}
END { if (!large && !opened_by) { flush(); print "\001" } }
