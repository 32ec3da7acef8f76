#!/usr/bin/env bash
#
# What the other scripts share: where Quoll and its configuration are. It is read by them, not run.
#
# Reads:  ZOOCFGDIR ZOOCFG ZOO_LOG_DIR QUOLL_NODE, QUOLL_NODE_FLAGS (arguments of Node for a
#         server), and --config DIR as the first argument; also zookeeper-env.sh and java.env
#         beside the configuration, where packages set them.
# Sets:   QUOLL_HOME ZOOCFGDIR ZOOCFG (a path) ZOO_LOG_DIR, and the functions below.
#
# Variables that speak to a JVM (JAVA_HOME, JMX*, ZK_SERVER_HEAP, ...) mean nothing here.

# The folder of the real script, through any symbolic links.
quoll_bin_dir() {
  local path=$1 target
  while [ -L "$path" ]; do
    target=$(readlink "$path")
    case $target in
      /*) path=$target ;;
      *) path=$(dirname "$path")/$target ;;
    esac
  done
  (cd "$(dirname "$path")" && pwd -P)
}

QUOLL_HOME=$(dirname "$(quoll_bin_dir "${BASH_SOURCE[0]}")")
QUOLL_NODE=${QUOLL_NODE:-node}
QUOLL_MAIN=$QUOLL_HOME/dist/src/main/quoll.js

if [ "${1-}" = --config ] && [ $# -gt 1 ]; then
  ZOOCFGDIR=$2
  shift 2
fi
ZOOCFGDIR=${ZOOCFGDIR:-$QUOLL_HOME/conf}

if [ -f "$ZOOCFGDIR/zookeeper-env.sh" ]; then . "$ZOOCFGDIR/zookeeper-env.sh"; fi
if [ -f "$ZOOCFGDIR/java.env" ]; then . "$ZOOCFGDIR/java.env"; fi
# The program reads these itself: -Dzookeeper.* in them are settings.
export SERVER_JVMFLAGS CLIENT_JVMFLAGS JVMFLAGS

case ${ZOOCFG:=zoo.cfg} in
  */*) ;;
  *) ZOOCFG=$ZOOCFGDIR/$ZOOCFG ;;
esac
ZOO_LOG_DIR=${ZOO_LOG_DIR:-$QUOLL_HOME/logs}

# The configuration that an argument names: a file in the configuration folder, or a path.
quoll_config_named() {
  case $1 in
    */*) echo "$1" ;;
    *) echo "$ZOOCFGDIR/$1" ;;
  esac
}

# The value of a key in a configuration file: the last line that sets it, without blanks around it.
quoll_config_value() {
  local key=${1//./\\.} file=$2
  [ -r "$file" ] || return 0
  sed -n -e "s/^[[:space:]]*$key[[:space:]]*[=:][[:space:]]*//p" "$file" |
    sed -e 's/[[:space:]]*$//' | tail -n 1
}

# Leaves the script unless the program can be run.
quoll_require_build() {
  if [ ! -f "$QUOLL_MAIN" ]; then
    echo "Quoll is not built: $QUOLL_MAIN is missing." >&2
    echo "Run in $QUOLL_HOME: npm start, which builds it and starts a server." >&2
    exit 1
  fi
  if ! command -v "$QUOLL_NODE" > /dev/null 2>&1; then
    echo "Node.js is needed (20.19 or later) and '$QUOLL_NODE' is not found." >&2
    echo "Install it, or name it in QUOLL_NODE." >&2
    exit 1
  fi
}
