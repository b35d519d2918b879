#!/usr/bin/env bash
# Starts the gateway with the command given, as a newcomer would, and posts the contract's own examples with curl.
# Counts what held in the file named by SMOKE_COUNT, as "passed failed". Usage: SMOKE_COUNT=FILE .ci/smoke.sh COMMAND...
set -u
passed=0 failed=0
work=$(mktemp -d)
export DATA_DIR="$work/data"
export PORT=${PORT:-4000}
base="http://127.0.0.1:$PORT"
api="$base/api/v1.0"

expect() { # expect NAME PATTERN TEXT
  if grep -qE -- "$2" <<<"$3"; then
    passed=$((passed + 1))
    echo "ok   $1"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n     expected: %s\n     got:      %s\n' "$1" "$2" "$3"
  fi
}

setsid bash -c "$*" >"$work/log" 2>&1 &
server=$!
finish() {
  kill -TERM -- "-$server" 2>/dev/null
  wait "$server" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT
for _ in $(seq 1 300); do
  curl -sf -o "$work/home" "$base/" && break
  kill -0 "$server" 2>/dev/null || break
  sleep 1
done
expect 'starts and says where it is' "GraphQL +$base/graphql" "$(cat "$work/log")"

example=(--data-urlencode "name=Marie's Jewelry" --data-urlencode 'paymentTypes=[{"id"=7},{"id"=8}]'
  -d categoryId=jewelry -d customerSegmentationId=seg_a -d userId=emp-002 -d billingCountry=FR -d billingCity=Nice
  -d creditLimit=5000 -d dueDateConfigNumber=7 -d dueDateConfigType=1 -d regionId=3)
answer=$(curl -si "$api/customers/reference/NC-3" "${example[@]}")
expect 'creates the example customer' '^HTTP/1.1 201 Created' "$answer"
expect 'says that it was created' '^x-upsert-outcome: created' "$answer"
expect 'answers the example customer' '"reference":"NC-3","reference2":null,"name":"Marie.s Jewelry","categoryReference":"jewelry"' "$answer"
expect 'answers the region last' '"region":\{"id":3,"name":"New York","href":"/api/v1.0/regions/3"\}\}$' "$answer"
answer=$(curl -si "$api/customers/reference/NC-3" "${example[@]}")
expect 'finds it unchanged the second time' '^x-upsert-outcome: unchanged' "$answer"
answer=$(curl -si "$api/customers/reference/NC-3" -d "name=Marie" -d city=Lyon)
expect 'updates it' '^x-upsert-outcome: updated' "$answer"
answer=$(curl -s "$api/customerCategories/reference/102" -d 'name=Preferred Customers' -d parentId=3)
expect 'creates the example category' '"parentCategory":\{"id":3,"reference":"101","name":"new Categ","href":"/api/v1.0/customerCategories/3"\},"reference":"102"' "$answer"
expect 'reads it by its href' '"name":"new Categ"' "$(curl -s "$api/customerCategories/3")"
answer=$(curl -si "$api/customers/reference/NC-3" -d name=x --data-urlencode 'paymentTypes=[{"id"=999}]')
expect 'refuses an unknown payment type with 404' '^HTTP/1.1 404' "$answer"
expect 'says so in the contract’s words' "\{\"error\":\"not_found\",\"error_description\":\"The payment type with the id 999 doesn't exist.\"\}$" "$answer"
expect 'misses the reference' '"reference parameter is missing"' "$(curl -s "$api/customers/reference/" -d name=x)"

node .ci/photos.mjs "$work"
for photo in jpg png gif bmp; do
  answer=$(curl -s "$api/customers/reference/photo-$photo" -F "name=Photo $photo" -F "imageFile=@$work/photo.$photo")
  logo=$(grep -oE '"logo":"[^"]+"' <<<"$answer" | cut -d'"' -f4)
  expect "takes a $photo" "/entity1-[0-9]+/photoCustomer/[0-9]+_photo\.${photo/bmp/png}$" "$logo"
  expect "serves its small_ rendition" '^HTTP/1.1 200' "$(curl -si "${logo/photoCustomer\//photoCustomer/small_}" | head -1)"
done
answer=$(curl -s "$api/customers/reference/photo-jpg" -F name=x -F "imageFile=@package.json;type=image/png;filename=a.png")
expect 'refuses what is no image' 'unsupported_file_type.*image format not supported\.' "$answer"

answer=$(curl -s "$base/graphql" -H 'content-type: application/json' -d '{"query":"mutation { upsertCustomer(input: { reference: \"NC-3\", name: \"Marie’s\" }) { ... on UpsertSuccess { outcome } } }"}')
expect 'updates through GraphQL' '"outcome":"UPDATED"' "$answer"
answer=$(curl -s "$base/graphql" -H 'x-graphql-yoga-csrf: 1' -F "0=@$work/photo.jpg" -F map='{"0":["variables.input.logo"]}' \
  -F operations='{"query":"mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { customer { logo { width height } } } } }","variables":{"input":{"reference":"NC-3","logo":null}}}')
expect 'refuses a file before its map' 'errors' "$answer"
answer=$(curl -s "$base/graphql" -H 'x-graphql-yoga-csrf: 1' \
  -F operations='{"query":"mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { customer { logo { width height } } } } }","variables":{"input":{"reference":"NC-3","logo":null}}}' \
  -F map='{"0":["variables.input.logo"]}' -F "0=@$work/photo.jpg")
expect 'takes a photo through GraphQL, upright' '"logo":\{"width":600,"height":900\}' "$answer"

second=$(PORT=$((PORT + 1)) node dist/cli.js serve 2>&1)
expect 'keeps a second process off the folder' 'process' "$second"
expect 'refuses a bad PORT by name' '^PORT is "x", but must be' "$(PORT=x node dist/cli.js serve 2>&1)"
expect 'refuses to leave the loopback without AUTH' '^AUTH is not set, but HOST is "0.0.0.0"' "$(HOST=0.0.0.0 node dist/cli.js serve 2>&1)"

echo "$passed $failed" >"${SMOKE_COUNT:-/dev/stdout}"
[ "$failed" -eq 0 ]
