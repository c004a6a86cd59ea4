# What to paste, once each:  jq -s -r -f fixes.jq /var/log/nginx/upstream_tls.log
map(select(.nginx.upstream_tls.fix_applicability == "machine"))
| group_by([.nginx.upstream_tls.upstream, .nginx.upstream_tls.fix])
| map(.[0].nginx.upstream_tls as $one
  | "\(length) x \($one.upstream): \($one.fix | join(" "))")
| .[]
