#!/bin/sh
# valkey-cli ping
printf '%s\r\n' "$1" | busybox nc -w 2 127.0.0.1 6379 | grep -q PONG
