-- What is grouped by or sorted by gets a type. Everything else stays a dynamic path of the document.
CREATE TABLE upstream_tls
(
    document JSON(
        `@timestamp` DateTime64(3, 'UTC'),
        message String,
        event.code LowCardinality(String),
        event.duration UInt64,
        server.address LowCardinality(String),
        tls.server.subject String,
        tls.server.not_after DateTime64(3, 'UTC'),
        nginx.upstream_tls.upstream LowCardinality(String),
        nginx.upstream_tls.fix_applicability LowCardinality(String),
        nginx.upstream_tls.fix Array(String)
    )
)
ENGINE = MergeTree
ORDER BY (document.nginx.upstream_tls.upstream, document.`@timestamp`);

-- Loading a file. A shipper inserts the same lines with FORMAT JSONAsObject.
INSERT INTO upstream_tls
SELECT json FROM file('/var/log/nginx/upstream_tls.log', JSONAsObject);

-- Which cause, how often, since when.
SELECT
    document.event.code AS cause,
    document.nginx.upstream_tls.upstream AS upstream,
    count() AS failures,
    min(document.`@timestamp`) AS first,
    max(document.`@timestamp`) AS last
FROM upstream_tls
GROUP BY cause, upstream
ORDER BY failures DESC, cause;

-- What to paste, where it can be pasted.
SELECT
    document.nginx.upstream_tls.upstream AS upstream,
    arrayStringConcat(document.nginx.upstream_tls.fix, ' ') AS fix,
    count() AS failures
FROM upstream_tls
WHERE document.nginx.upstream_tls.fix_applicability = 'machine'
GROUP BY upstream, fix
ORDER BY failures DESC, fix;

-- Certificates that were seen to be over, or soon will be.
SELECT
    document.server.address AS server,
    document.tls.server.subject AS subject,
    max(document.tls.server.not_after) AS ends
FROM upstream_tls
WHERE document.tls.server.not_after > '1971-01-01' AND document.tls.server.not_after < document.`@timestamp` + INTERVAL 30 DAY
GROUP BY server, subject
ORDER BY ends, server;
