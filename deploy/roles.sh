#!/bin/sh
# Makes the two roles: one owns the tables, one serves from them and bypasses nothing.
set -e
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 \
  --set owner="$OWNER_PASSWORD" --set serving="$SERVING_PASSWORD" <<'SQL'
CREATE ROLE apportion_owner LOGIN PASSWORD :'owner' NOSUPERUSER NOBYPASSRLS;
CREATE ROLE apportion_serving LOGIN PASSWORD :'serving' NOSUPERUSER NOBYPASSRLS;
ALTER DATABASE apportion OWNER TO apportion_owner;
ALTER SCHEMA public OWNER TO apportion_owner;
SQL
