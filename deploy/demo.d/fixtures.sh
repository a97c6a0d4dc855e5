# shellcheck shell=bash disable=SC2154
# The lives of alice and bob: mail by IMAP, everything else through Horde's own classes.

fixtures_load() { :; }
