#!/bin/sh
# Writes imports.go: the packages whose messages are dumped. One line of packages.txt is a path below the module.
set -e
cd "$(dirname "$0")"
{
  echo "package main"
  echo
  echo "// Written by imports.sh from packages.txt."
  echo "import ("
  sed -n 's|^\([a-z].*\)$|	_ "\1"|p' packages.txt | sed 's|"envoy/|"github.com/envoyproxy/go-control-plane/envoy/|'
  echo ")"
} > imports.go
gofmt -w imports.go
