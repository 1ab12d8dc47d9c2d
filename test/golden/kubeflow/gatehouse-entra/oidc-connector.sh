#!/bin/sh
set -eu
# Charmed Kubeflow: prints oidc-connector.json with secrets from the environment in place of $NAME, for
# `juju config` (REGISTER.md). Run it in the folder of that file.
awk '
function quoted(text,  at, one, all) {
  for (at = 1; at <= length(text); at++) {
    one = substr(text, at, 1)
    if (one == "\\" || one == "\"") one = "\\" one
    else if (one == "\n") one = "\\n"
    else if (one == "\r") one = "\\r"
    else if (one == "\t") one = "\\t"
    all = all one
  }
  return "\"" all "\""
}
function stop(reason) {
  print name " " reason | "cat 1>&2"
  failed = 1
  exit 1
}
match($0, /"[$][A-Za-z_][A-Za-z0-9_]*"/) {
  before = RSTART - 1 + 0
  name = substr($0, before + 3, RLENGTH - 0 - 3)
  text = ENVIRON[name]
  if (text == "") stop("is not set")
  if (text ~ /[$]|[{][{]/) stop("contains $ or {{, which Dex would replace: create another secret at the provider")
  $0 = substr($0, 1, before) quoted(text) substr($0, RSTART + RLENGTH)
}
{ lines = lines $0 "\n" }
END { if (failed) exit 1; printf "%s", lines }
' oidc-connector.json
