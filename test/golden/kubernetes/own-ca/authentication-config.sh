#!/bin/sh
set -eu
# kube-apiserver needs the certificate authority itself and reads no variables: prints authentication-config.yaml with it
# in place of $NAME (REGISTER.md). Run it in the folder of that file.
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
match($0, /certificateAuthority: "[$][A-Za-z_][A-Za-z0-9_]*"/) {
  before = RSTART - 1 + 22
  name = substr($0, before + 3, RLENGTH - 22 - 3)
  text = ENVIRON[name]
  if (text == "") stop("is not set")
  $0 = substr($0, 1, before) quoted(text) substr($0, RSTART + RLENGTH)
}
{ lines = lines $0 "\n" }
END { if (failed) exit 1; printf "%s", lines }
' authentication-config.yaml
