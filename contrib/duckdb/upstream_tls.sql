-- duckdb < upstream_tls.sql
CREATE VIEW upstream_tls AS
SELECT * FROM read_json('/var/log/nginx/upstream_tls.log', format = 'newline_delimited', sample_size = -1);

-- Which cause, how often, since when.
SELECT
    event.code AS cause,
    nginx.upstream_tls.upstream AS upstream,
    count(*) AS failures,
    min("@timestamp") AS first,
    max("@timestamp") AS last
FROM upstream_tls
GROUP BY ALL
ORDER BY failures DESC, cause;

-- What to paste, where it can be pasted.
SELECT
    nginx.upstream_tls.upstream AS upstream,
    array_to_string(nginx.upstream_tls.fix, ' ') AS fix,
    count(*) AS failures
FROM upstream_tls
WHERE nginx.upstream_tls.fix_applicability = 'machine'
GROUP BY ALL
ORDER BY failures DESC, fix;

-- Certificates that were seen to be over, or soon will be.
SELECT
    server.address AS server,
    tls.server.subject AS subject,
    max(tls.server.not_after) AS ends
FROM upstream_tls
WHERE tls.server.not_after::TIMESTAMP < "@timestamp"::TIMESTAMP + INTERVAL 30 DAY
GROUP BY ALL
ORDER BY ends, server;
