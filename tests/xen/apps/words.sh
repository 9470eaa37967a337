#!/bin/sh -e
# Counts words, by programs of coreutils alone, and ends.
cat "$0" /etc/services | tr -cs 'A-Za-z' '\n' | sort | uniq -c | sort -rn | head -n 3 >/tmp/words
now=$(date +%s)
[ "$now" -gt 1700000000 ]
echo "counted $(wc -l </tmp/words) words"
