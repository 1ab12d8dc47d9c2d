#!/bin/sh
set -eu
# Policies for groups of the directory, by DN. Written by `gatehouse render`; `minio` is the alias of mc.
mc idp ldap policy attach minio readonly --group=cn=analysts,ou=teams,dc=example,dc=com
mc idp ldap policy attach minio diagnostics --group=cn=analysts,ou=teams,dc=example,dc=com
