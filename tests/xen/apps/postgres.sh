#!/bin/sh -e
# Makes its cluster when it is first started, and then is the server.
bin=/usr/lib/postgresql/15/bin
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  "$bin/initdb" --auth=trust --encoding=UTF8 --locale=C --no-sync
  echo "host all all all trust" >>"$PGDATA/pg_hba.conf"
fi
exec "$bin/postgres" -c "listen_addresses=*"
