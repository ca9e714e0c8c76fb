#!/bin/sh
# Makes the database's password and a key to encrypt with, once; run again, it changes nothing.
# The folder is closed to other people of this machine. The files in it are not, because the containers' users are not you.
set -eu
cd "$(dirname "$0")/.."
umask 022
mkdir -p secrets
chmod 700 secrets
if [ ! -s secrets/database_password ]; then
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >secrets/database_password
    printf 'postgresql://app:%s@postgres:5432/app' "$(cat secrets/database_password)" >secrets/database_url
    echo "made secrets/database_password and secrets/database_url"
fi
if [ ! -s secrets/secret_keys ]; then
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >secrets/secret_keys
    echo "made secrets/secret_keys: back it up, for second factors cannot be read without it"
fi
