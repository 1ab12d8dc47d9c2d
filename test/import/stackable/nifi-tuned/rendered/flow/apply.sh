#!/bin/sh
# Copies the rendered files into the conf folder of NiFi, and fills in the secrets that they name as ${env:NAME}: NiFi itself
# reads no environment variables. Run it again after every change. Settings that are not rendered stay as they are.
#   sh apply.sh /opt/nifi/nifi-current/conf
set -eu
[ "$#" -eq 1 ] || { echo 'usage: sh apply.sh CONF (the conf folder of NiFi)' >&2; exit 2; }
conf=$1
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
umask 077

# Prints the file $2 with every ${env:NAME} replaced, escaped for the format $1 (properties or xml).
fill() {
  LC_ALL=C awk -v format="$1" '
    function escaped(text,   at, one, out) {
      for (at = 1; at <= length(text); at++) {
        one = substr(text, at, 1)
        if (format == "xml") {
          if (one == "&") one = "&amp;"
          else if (one == "<") one = "&lt;"
          else if (one == ">") one = "&gt;"
          else if (one == "\"") one = "&quot;"
        } else if (one == "\\" || (one == " " && at == 1)) one = "\\" one
        out = out one
      }
      return out
    }
    function fail(reason) {
      print "apply.sh: " reason | "cat >&2"
      failed = 1
      exit 1
    }
    {
      rest = $0
      done = ""
      while (match(rest, /[$][{]env:[A-Za-z_][A-Za-z0-9_]*[}]/)) {
        name = substr(rest, RSTART + 6, RLENGTH - 7)
        if (ENVIRON[name] == "") fail("the variable " name " is not set")
        if (ENVIRON[name] ~ /[^ -~]/) fail("the variable " name " contains characters other than printable ASCII")
        done = done substr(rest, 1, RSTART - 1) escaped(ENVIRON[name])
        rest = substr(rest, RSTART + RLENGTH)
      }
      print done rest
    }
    END { exit failed }
  ' "$2"
}

# Keeps owner and folder, but nobody else may read the file.
put() {
  printf '%s\n' "$2" > "$1"
  chmod 600 "$1"
}

rendered=$(fill properties "$here/nifi.properties")
# The existing lines, without rendered keys and without our own earlier comments.
others=$(printf '%s\n' "$rendered" | awk '
  NR == FNR { lines[$0] = 1; if (/^[^#]*=/) keys[substr($0, 1, index($0, "=") - 1)] = 1; next }
  { key = $0; sub(/^[ \t]+/, "", key); sub(/[ \t]*[=:].*$/, "", key) }
  !(key in keys) && !($0 ~ /^#/ && ($0 in lines)) { print }
' - "$conf/nifi.properties")
for file in authorizers.xml login-identity-providers.xml; do
  if [ -f "$here/$file" ]; then
    filled=$(fill xml "$here/$file")
    put "$conf/$file" "$filled"
  fi
done
put "$conf/nifi.properties" "$others
$rendered"
