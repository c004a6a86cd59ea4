# Which cause, how often, since when:  jq -s -f causes.jq /var/log/nginx/upstream_tls.log
group_by(.event.code)
| map({
    cause: .[0].event.code,
    failures: length,
    servers: (map(.server.address) | unique),
    first: (map(."@timestamp") | min),
    last: (map(."@timestamp") | max)
  })
| sort_by(-.failures, .cause)
| .[]
